"""What stands in for the world around ceebus: embedded servers, a reference CEE, a device simulator."""
