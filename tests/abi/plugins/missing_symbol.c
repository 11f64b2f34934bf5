/* A manifest, and no entry function. */
int weir_missing_symbol_fixture(void);
int weir_missing_symbol_fixture(void) { return 0; }
