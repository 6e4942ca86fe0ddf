package cloister.backend.project;

/**
 * Application event: a project's CVM is being taken away or was lost, and its key with it. A hint to look sooner; the state
 * of the project is the truth.
 *
 * @param project its number
 */
public record CvmEnded(int project) {}
