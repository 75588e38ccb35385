complete --keep-order --exclusive --command brume --arguments "(BRUME_COMPLETE=fish brume -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
