package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The values are those of dbt 1.10's profile renderer for the same texts.
func TestRenderAsDBTDoes(t *testing.T) {
	t.Parallel()
	r := renderer{Env{"A": "a", "N": "4", "F": "2.5", "T": "True", "EMPTY": "", "Q": "'x'", "BAD": "4x", "SPACED": " 7 "}}
	for text, want := range map[string]any{
		`plain`:                                   "plain",
		`{{ env_var('A') }}`:                      "a",
		`{{env_var("A")}}`:                        "a",
		`{{- env_var('A') -}}`:                    "a",
		`x/{{ env_var('A') }}.db`:                 "x/a.db",
		`{{ env_var('A') }}{{ env_var('N') }}`:    "a4",
		`{{ env_var('GONE', 'd') }}`:              "d",
		`{{ env_var('GONE', "it's") }}`:           "it's",
		`{{ env_var('EMPTY', 'd') }}`:             "",
		`{{ env_var('GONE', env_var('A')) }}`:     "a",
		`{{ env_var('A') ~ '/' ~ env_var('N') }}`: "a/4",
		`{{ 'G' ~ 1 }}`:                           "G1",
		`{{ env_var('N') }}`:                      "4",
		`{{ env_var('N') | int }}`:                int64(4),
		`{{ env_var('BAD') | int }}`:              int64(0),
		`{{ env_var('F') | int }}`:                int64(2),
		`{{ env_var('N') | as_number }}`:          int64(4),
		`{{ env_var('SPACED') | as_number }}`:     int64(7),
		`{{ env_var('F') | as_number }}`:          2.5,
		`{{ env_var('T') | as_bool }}`:            true,
		`{{ env_var('N') | as_native }}`:          int64(4),
		`{{ env_var('Q') | as_native }}`:          "x",
		`{{ env_var('A') | as_native }}`:          "a",
		`{{ env_var('N') | as_text }}`:            "4",
		`{{ (env_var('N')) | int }}0`:             "40",
		`{# a comment #}x`:                        "x",
		`{not jinja} {`:                           "{not jinja} {",
	} {
		got, err := r.render(text, "here")
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{
		`{{ env_var('BAD') | as_number }}`, `{{ env_var('A') | as_bool }}`, `{{ env_var() }}`, `{{ env_var }}`, `{{ }}`,
		`{{ env_var('A' }}`, `{{ env_var('A') + 'b' }}`, `{{ env_var('A') 'b' }}`, `{{ ('a' }}`, `{{ target.name }}`,
		`{{ env_var('A') | }}`, `{{ env_var('A', 'b', 'c') }}`, `{{ 'a' ~ }}`, `{{`, `{{ 'a`,
	} {
		_, err := r.render(text, "here")
		require.Error(t, err, text)
		require.ErrorContains(t, err, "here")
	}
}
