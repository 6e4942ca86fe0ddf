package cloister.cli.doctor;

/** What is to be said of one item of one installation. */
record Finding(Item item, Verdict verdict) {}
