-- What came of a schedule when it was last due: asked, missed, or the code with which its run was refused.
alter table ceebus.schedule add column last_outcome text collate "C";
alter table ceebus.schedule add column last_detail text;
