package cloister.backend.project;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A person's membership in a project.
 *
 * @param number within the project, from 1; the site books on the wckey {@code m<number>}
 * @param login name of the account in the CVM: {@code [a-z][a-z0-9-]{0,30}}, none that a system uses itself
 * @param uid user and group id of the account, 5000 to 59999
 * @param keys public keys, 1 to 8
 */
public record Member(int number, String login, int uid, List<SshKey> keys) {
    private static final Pattern LOGIN = Pattern.compile("[a-z][a-z0-9-]{0,30}");
    private static final int LEAST_UID = 5000;
    private static final int LARGEST_UID = 59999;
    private static final int MOST_KEYS = 8;

    /** Names that Debian, Slurm or the guests' images give to accounts of their own. */
    private static final Set<String> TAKEN = Set.of(
            "root",
            "daemon",
            "bin",
            "sys",
            "sync",
            "games",
            "man",
            "lp",
            "mail",
            "news",
            "uucp",
            "proxy",
            "www-data",
            "backup",
            "list",
            "irc",
            "nobody",
            "sshd",
            "slurm",
            "munge",
            "mysql",
            "messagebus",
            "ntp",
            "statd",
            "dhcpcd",
            "polkitd",
            "nfs",
            "rpc",
            "cloister",
            "libvirt",
            "tss",
            "uuidd",
            "systemd-network",
            "systemd-resolve",
            "charon",
            "strongswan",
            "adm",
            "tty",
            "disk",
            "kmem",
            "dialout",
            "sudo",
            "audio",
            "video",
            "users",
            "staff",
            "shadow",
            "utmp",
            "render",
            "kvm",
            "input",
            "wheel",
            "nogroup");

    /** Refuses names, ids and numbers of keys that can't be, with what to do. */
    public Member {
        keys = List.copyOf(keys);
        if (!LOGIN.matcher(login).matches()) {
            throw new IllegalArgumentException(
                    "a login begins with a lower-case letter and goes on with lower-case letters, digits and hyphens,"
                            + " at most 31 in all");
        }
        if (TAKEN.contains(login)) {
            throw new IllegalArgumentException("this login is the system's own in every CVM: choose another");
        }
        if (uid < LEAST_UID || uid > LARGEST_UID) {
            throw new IllegalArgumentException("a uid is between " + LEAST_UID + " and " + LARGEST_UID);
        }
        if (keys.isEmpty() || keys.size() > MOST_KEYS) {
            throw new IllegalArgumentException("a member needs 1 to " + MOST_KEYS + " public keys, one a line");
        }
    }
}
