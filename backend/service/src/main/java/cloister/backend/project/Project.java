package cloister.backend.project;

/**
 * A research project.
 *
 * @param number 1 to 250; never given twice
 * @param spread whether the workers of a lease are put on different hosts
 * @param idleSeconds how long an idle worker is kept for the project's next job
 * @param cvm where its CVM is in its life
 * @param removal how far its removal is
 */
public record Project(int number, boolean spread, int idleSeconds, Cvm cvm, Removal removal) {
    private static final int MOST_PROJECTS = 250;
    private static final int LONGEST_IDLE_SECONDS = 24 * 60 * 60;

    /** Refuses numbers out of bounds. */
    public Project {
        if (number < 1 || number > MOST_PROJECTS) {
            throw new IllegalArgumentException("a project's number is between 1 and " + MOST_PROJECTS);
        }
        if (idleSeconds < 0 || idleSeconds > LONGEST_IDLE_SECONDS) {
            throw new IllegalArgumentException("idle seconds are between 0 and " + LONGEST_IDLE_SECONDS);
        }
    }

    /** One that stays. */
    public Project(int number, boolean spread, int idleSeconds, Cvm cvm) {
        this(number, spread, idleSeconds, cvm, Removal.NONE);
    }

    /** The site has as many address ranges. */
    public static int most() {
        return MOST_PROJECTS;
    }
}
