"""HTTP for devices: enrol, pull the channel's feed, fetch attachments, hear of news, acknowledge."""
