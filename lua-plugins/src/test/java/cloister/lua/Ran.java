package cloister.lua;

/** What a program left: its exit code and both its outputs together. */
record Ran(int code, String output) {}
