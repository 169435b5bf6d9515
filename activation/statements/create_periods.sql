create table if not exists {{relation .Periods}} (
    period date not null, active bigint not null, known bigint not null, null_user_rows bigint not null,
    definition varchar not null, built_at timestamp not null, run varchar not null)
