package cloister.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How findings are shown, and the exit code that they are. */
final class Printout {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final int WIDTH = List.of(Item.values()).stream()
            .mapToInt(item -> item.title().length())
            .max()
            .orElse(0);

    private Printout() {}

    /** 0 where nothing is wrong and all that this machine can see was seen, 1 where something is wrong, 2 where it could not look. */
    static int code(List<Finding> findings) {
        boolean blind = false;
        for (Finding finding : findings) {
            switch (finding.verdict()) {
                case Verdict.Wrong _ -> {
                    return 1;
                }
                case Verdict.Unknown(String _, boolean visible) -> blind |= visible;
                case Verdict.Ok _ -> {
                    // nothing to say
                }
            }
        }
        return blind ? 2 : 0;
    }

    /** One line for each item, the remedy of a wrong one below it, and a sum. */
    static String text(List<Finding> findings) {
        List<String> lines = new ArrayList<>();
        for (Finding finding : findings) {
            lines.add(String.format(
                    "%-7s  %-" + WIDTH + "s  %s",
                    state(finding.verdict()),
                    finding.item().title(),
                    seen(finding.verdict())));
            if (finding.verdict() instanceof Verdict.Wrong) {
                lines.add(" ".repeat(9) + "remedy: " + finding.item().remedy());
            }
        }
        lines.add(String.format(
                "%d ok, %d wrong, %d unknown",
                count(findings, "ok"), count(findings, "WRONG"), count(findings, "unknown")));
        return String.join("\n", lines) + "\n";
    }

    /** The same for programs. */
    static String json(List<Finding> findings) {
        ObjectNode result = MAPPER.createObjectNode();
        ArrayNode items = result.putArray("items");
        for (Finding finding : findings) {
            ObjectNode item = items.addObject();
            item.put("item", finding.item().title());
            item.put("state", state(finding.verdict()));
            item.put("seen", seen(finding.verdict()));
            if (finding.verdict() instanceof Verdict.Wrong) {
                item.put("remedy", finding.item().remedy());
            }
        }
        result.put("code", code(findings));
        return result.toString();
    }

    private static long count(List<Finding> findings, String state) {
        return findings.stream()
                .filter(finding -> state(finding.verdict()).equals(state))
                .count();
    }

    private static String state(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Ok _ -> "ok";
            case Verdict.Wrong _ -> "WRONG";
            case Verdict.Unknown _ -> "unknown";
        };
    }

    /** Part of it was written by others: nothing in it may move a terminal's cursor. */
    private static String seen(Verdict verdict) {
        String seen = switch (verdict) {
            case Verdict.Ok(String what) -> what;
            case Verdict.Wrong(String what) -> what;
            case Verdict.Unknown(String why, boolean _) -> why;
        };
        return seen.replaceAll("\\p{Cntrl}", "?");
    }
}
