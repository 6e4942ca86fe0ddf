package cloister.control;

import java.util.regex.Pattern;

/**
 * A member's account on a worker: jobs need a name for their user id.
 *
 * @param login {@code [a-z][a-z0-9-]{0,30}}
 * @param uid user and group id, 5000 to 59999
 */
public record Account(String login, int uid) {
    private static final Pattern LOGIN = Pattern.compile("[a-z][a-z0-9-]{0,30}");
    private static final int LOWEST_UID = 5000;
    private static final int HIGHEST_UID = 59999;

    /** Refuses what is out of bounds. */
    public Account {
        Bounds.like("login", login, LOGIN, 31);
        Bounds.within("uid", uid, LOWEST_UID, HIGHEST_UID);
    }
}
