package plain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage/plain"
)

func TestAColumnIsFollowedThroughWhatOnlyPassesItOn(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"select id as order_id from raw.orders":                                               "raw.orders id",
		"SELECT o.id AS order_id, upper(o.name) AS name FROM \"db\".\"raw\".\"orders\" AS o;": "db.raw.orders id",
		"select * from raw.orders":                                                            "raw.orders order_id",
		"select o.*, cast(amount as decimal(10, 2)) / 100 as amount, case when x in (1, 2) then 'a, b' end as x from raw.orders o":                "raw.orders order_id",
		"with source as (select * from `raw`.`orders`), renamed as (select \"from\" as order_id, x::date as y from source) select * from renamed": "raw.orders from",
		"-- a view\n{{ config(materialized='view') }}\nselect /* the key */ id as order_id from {{ ref('orders') }}":                              "ref orders id",
		"select order_id from {{ source('raw', 'orders') }}":                                                                                      "ref raw.orders order_id",
	} {
		relation, column, ok := plain.Column(query, "ORDER_ID")
		require.True(t, ok, query)
		require.True(t, strings.EqualFold(want, relation+" "+column), "%s: %s %s", query, relation, column)
	}
}

func TestWhatDoesMoreThanPassOnIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"select id from t where x", "select distinct id from t", "select id from t group by id", "select id from t group by all", "select id from t, u",
		"select id from t join u using (id)", "select id from t limit 3", "select id from t order by id limit 1", "select id from t union all select id from u",
		"select id from t qualify row_number() over (partition by id) = 1", "select id, unnest(x) as x from t", "select id, count(*) as n from t",
		"select id, row_number() over () as n from t", "select id + 1 as id from t", "select cast(id as varchar) as id from t", "select *, id as id from t",
		"select * exclude (id) from t", "select * replace (1 as id) from t", "select id from (select * from t)", "select id from read_csv('x')",
		"select id from {{ ref('t') }} {% if is_incremental() %} where x {% endif %}", "select id from {{ var('x') }}", "select id from t tablesample 10",
		"with t as (select * from t) select id from t", "with a as (select * from t where x) select id from a", "select other from t", "select u.id from t",
		"select id, (select max(x) from u) as x from t", "select top 3 id from t", "insert into t select id from u", "", "select", "select id", "'", "select id from t -- x\nwhere y",
		"select id as a, x as id, y as id from t", "select id, 'it\\'s' as x from t", "select id, $$ from t $$ as x from u", "select id from t using sample 3",
	} {
		_, _, ok := plain.Column(query, "id")
		require.False(t, ok, query)
	}
}

func FuzzAnyTextIsRead(f *testing.F) {
	f.Add("with a as (select * from t) select id from a", "id")
	f.Fuzz(func(t *testing.T, query, column string) {
		if relation, source, ok := plain.Column(query, column); ok {
			require.NotEmpty(t, relation)
			_ = source
		}
	})
}
