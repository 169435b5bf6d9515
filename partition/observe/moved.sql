-- How many rows of some asked periods are in other periods of a range as well, moved by whole periods: alike in all columns but the key
-- and load times, times compared by what the clock shows. One row for each two periods that have such rows: how many they are; how
-- many they would be if the other period had each of its rows twice; and how many different ones there are.
-- args: start and end of the range, the asked periods
with alike as (
    select
        {{template "place" .}} as headwater_period
        {{- range $i, $c := .Alike}},
        {{if .DayOf}}{{days (trunc $.Grain $.WeekStart (local_date $.Time $.TimeKind $.ColumnZone $.Zone)) (local_date $.Time $.TimeKind $.ColumnZone $.Zone)}}{{else if .Clock}}{{clock $.Grain .Name .Clock $.ColumnZone $.Zone}}{{else}}{{ident .Name}}{{end}} as headwater_c{{$i}}
        {{- end}}
    from {{template "rows" .}}
),
hashed as (
    select headwater_period, {{row_hash .Hashed}} as headwater_hash from alike
),
asked as (
    select headwater_period as headwater_asked, headwater_hash, count(*) as headwater_asked_rows
    from hashed
    where headwater_period in ({{range $i, $p := .Moved}}{{if $i}}, {{end}}{{if $.Hours}}?{{else}}cast(? as date){{end}}{{end}})
    group by headwater_period, headwater_hash
),
others as (
    select headwater_period, headwater_hash, count(*) as headwater_rows
    from hashed
    where headwater_hash in (select headwater_hash from asked)
    group by headwater_period, headwater_hash
)
select
    headwater_asked, headwater_period,
    cast(sum(least(headwater_asked_rows, headwater_rows)) as bigint),
    cast(sum(least(headwater_asked_rows, 2 * headwater_rows)) as bigint),
    count(*)
from asked
inner join others using (headwater_hash)
where headwater_asked <> headwater_period
group by headwater_asked, headwater_period
