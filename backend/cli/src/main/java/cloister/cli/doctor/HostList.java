package cloister.cli.doctor;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Host names as Slurm abbreviates them: {@code vmhost[1-3,07],gpu1}. */
final class HostList {
    private static final Pattern BRACKETS = Pattern.compile("^([^\\[\\]]*)\\[([0-9,-]+)](.*)$");
    private static final Pattern RANGE = Pattern.compile("^(\\d{1,9})(?:-(\\d{1,9}))?$");
    private static final int MOST = 65_536;

    private HostList() {}

    /**
     * All names.
     *
     * @throws IllegalArgumentException for what is not a list of hosts, or for more than 65,536 of them
     */
    static Set<String> expand(String list) {
        Set<String> hosts = new LinkedHashSet<>();
        for (String part : split(list)) {
            expand(part, hosts);
        }
        return hosts;
    }

    private static void expand(String part, Set<String> into) {
        Matcher match = BRACKETS.matcher(part);
        if (!match.matches()) {
            if (part.indexOf('[') >= 0 || part.indexOf(']') >= 0 || into.size() >= MOST) {
                throw new IllegalArgumentException("not a list of hosts: " + part);
            }
            into.add(part);
            return;
        }
        for (String range : match.group(2).split(",", -1)) {
            Matcher ends = RANGE.matcher(range);
            if (!ends.matches()) {
                throw new IllegalArgumentException("not a range of hosts: " + range);
            }
            int first = Integer.parseInt(ends.group(1));
            int last = ends.group(2) == null ? first : Integer.parseInt(ends.group(2));
            if (last < first || last - first >= MOST) {
                throw new IllegalArgumentException("not a range of hosts: " + range);
            }
            for (int number = first; number <= last; number++) {
                String digits = String.format("%0" + ends.group(1).length() + "d", number);
                expand(match.group(1) + digits + match.group(3), into);
            }
        }
    }

    /** Parts between commas that stand outside brackets. */
    private static List<String> split(String list) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        int depth = 0;
        for (int at = 0; at < list.length(); at++) {
            char c = list.charAt(at);
            depth += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (c == ',' && depth == 0) {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        return parts.stream().map(String::strip).filter(name -> !name.isEmpty()).toList();
    }
}
