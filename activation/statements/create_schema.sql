create schema if not exists {{ident .Schema}}
