OPTIMIZE reports_compacted REWRITE DATA USING BIN_PACK
WHERE dt >= '{from}'
