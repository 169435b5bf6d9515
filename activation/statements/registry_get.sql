select version, definition, base_until from {{relation .Registry}} where fact = ? and grain = ?
