package cloister.backend.project;

/**
 * A research project.
 *
 * @param number 1 to 250; never given twice
 * @param policy what the operators decided about it
 * @param cvm where its CVM is in its life
 * @param removal how far its removal is
 */
public record Project(int number, ProjectPolicy policy, Cvm cvm, Removal removal) {
    private static final int MOST_PROJECTS = 250;

    /** Refuses a number out of bounds. */
    public Project {
        if (number < 1 || number > MOST_PROJECTS) {
            throw new IllegalArgumentException("a project's number is between 1 and " + MOST_PROJECTS);
        }
    }

    /** One that stays. */
    public Project(int number, ProjectPolicy policy, Cvm cvm) {
        this(number, policy, cvm, Removal.NONE);
    }

    /** The site has as many address ranges. */
    public static int most() {
        return MOST_PROJECTS;
    }
}
