package cloister.backend.ledger;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands in the site's accounting for a project or for its members.
 *
 * @param kind which of the two
 * @param number of the project, or of the member within its project
 */
record Association(Kind kind, int number) {
    private static final Pattern NAME = Pattern.compile("([pm])([1-9][0-9]{0,8})");

    enum Kind {
        /** {@code p<project>}. */
        ACCOUNT,
        /** {@code m<member>}: one for all projects that have a member of that number, since a charge names its account too. */
        WCKEY
    }

    String name() {
        return (kind == Kind.ACCOUNT ? "p" : "m") + number;
    }

    /** What stands at an account that we made. */
    String description() {
        return "project-" + number;
    }

    static Association of(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no association has the name " + name);
        }
        return new Association(
                matcher.group(1).equals("p") ? Kind.ACCOUNT : Kind.WCKEY, Integer.parseInt(matcher.group(2)));
    }
}
