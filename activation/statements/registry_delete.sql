delete from {{relation .Registry}} where fact = ? and grain = ?
