-- A visit's version rises with every change; nobody is told, since visits never travel back.
create trigger touch before update on cee.visit for each row execute function cee.touch();
