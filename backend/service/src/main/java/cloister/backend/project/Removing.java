package cloister.backend.project;

/**
 * Where a removal is.
 *
 * @param state how far
 * @param left what it waits for, for the operator; empty once it is removed
 */
public record Removing(Removal state, String left) {}
