set edit:completion:arg-completer[brume] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) BRUME_COMPLETE="elvish" brume -- $@words) | to-lines
}
