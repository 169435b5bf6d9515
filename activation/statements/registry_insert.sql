-- args: fact, grain, version, definition, base_until
insert into {{relation .Registry}} values (?, ?, ?, ?, cast(? as date))
