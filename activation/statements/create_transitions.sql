create table if not exists {{relation .Transitions}} (
    period date not null, from_state varchar not null, to_state varchar not null,
    from_dimensions json, dimensions json not null, users bigint not null)
