"""Records with one defect each, as a real ERP has them: every size gets the same few of every kind."""
