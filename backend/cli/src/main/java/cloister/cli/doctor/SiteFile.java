package cloister.cli.doctor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /etc/slurm/cloister.lua} without a Lua: one table of names with numbers, strings, and lists of these. Whatever else Lua
 * would take is refused here, since it can't be judged.
 */
record SiteFile(Map<String, List<String>> lists, Map<String, String> values) {
    /** The gate's own limit where the file names none (cloister_config.lua). */
    private static final long GATE_LIMIT = 3600;

    private static final Pattern TOKEN = Pattern.compile(
            "\\s+|--\\[\\[(?s:.*?)]]|--[^\\n]*|(?<token>[A-Za-z_][A-Za-z0-9_]*|\\d{1,10}|\"[^\"\\\\\\n]*\"|'[^'\\\\\\n]*'|[{}=,;])");

    SiteFile {
        lists = Map.copyOf(lists);
        values = Map.copyOf(values);
    }

    static Known<SiteFile> parse(String text) {
        try {
            return Known.seen(new Parser(tokens(text)).file());
        } catch (IllegalArgumentException e) {
            return Known.unseen("cloister.lua is not a plain table: " + e.getMessage());
        }
    }

    List<Long> backendUids() {
        return lists.getOrDefault("backend_uids", List.of()).stream()
                .map(Long::valueOf)
                .toList();
    }

    List<Long> adminUids() {
        return lists.getOrDefault("admin_uids", List.of("0")).stream()
                .map(Long::valueOf)
                .toList();
    }

    Optional<String> gate() {
        return Optional.ofNullable(values.get("gate"));
    }

    long gateLimitSeconds() {
        return Optional.ofNullable(values.get("gate_limit_seconds"))
                .map(Long::valueOf)
                .orElse(GATE_LIMIT);
    }

    /** Whether PrologSlurmctld holds placeholders, and not the burst buffer. */
    boolean gateInProlog() {
        return "prolog".equals(values.get("gate_driver"));
    }

    /** The partitions that are Cloister's on a Slurm that it shares. */
    Optional<List<String>> partitions() {
        return Optional.ofNullable(lists.get("partitions"));
    }

    private static List<String> tokens(String text) {
        List<String> tokens = new ArrayList<>();
        Matcher match = TOKEN.matcher(text);
        int end = 0;
        while (end < text.length()) {
            if (!match.find(end) || match.start() != end) {
                throw new IllegalArgumentException(
                        "what stands at character " + end + " is not a name, a number, a string or one of { } = ,");
            }
            if (match.group("token") != null) {
                tokens.add(match.group("token"));
            }
            end = match.end();
        }
        return tokens;
    }

    private static final class Parser {
        private final List<String> tokens;
        private int next;

        Parser(List<String> tokens) {
            this.tokens = tokens;
        }

        SiteFile file() {
            Map<String, List<String>> lists = new HashMap<>();
            Map<String, String> values = new HashMap<>();
            expect("return");
            expect("{");
            while (!peek().equals("}")) {
                String name = take();
                if (!Character.isJavaIdentifierStart(name.charAt(0))) {
                    throw new IllegalArgumentException("a name is expected where " + name + " stands");
                }
                expect("=");
                if (peek().equals("{")) {
                    lists.put(name, list());
                } else {
                    values.put(name, value());
                }
                separator();
            }
            expect("}");
            if (next < tokens.size() && !take().equals(";")) {
                throw new IllegalArgumentException("something follows the table");
            }
            SiteFile file = new SiteFile(lists, values);
            numbers(file);
            return file;
        }

        private static void numbers(SiteFile file) {
            List<Long> uids = new ArrayList<>(file.backendUids());
            uids.addAll(file.adminUids());
            if (uids.isEmpty() || file.gateLimitSeconds() < 1) {
                throw new IllegalArgumentException("uids and gate_limit_seconds are numbers");
            }
        }

        private List<String> list() {
            List<String> list = new ArrayList<>();
            expect("{");
            while (!peek().equals("}")) {
                list.add(value());
                separator();
            }
            expect("}");
            return list;
        }

        private String value() {
            String token = take();
            char first = token.charAt(0);
            if (Character.isDigit(first)) {
                return token;
            }
            if (first == '"' || first == '\'') {
                return token.substring(1, token.length() - 1);
            }
            throw new IllegalArgumentException("a number or a string is expected where " + token + " stands");
        }

        private void separator() {
            if (peek().equals(",") || peek().equals(";")) {
                take();
            } else if (!peek().equals("}")) {
                throw new IllegalArgumentException("a comma is expected where " + peek() + " stands");
            }
        }

        private void expect(String token) {
            String seen = take();
            if (!seen.equals(token)) {
                throw new IllegalArgumentException(token + " is expected where " + seen + " stands");
            }
        }

        private String peek() {
            if (next >= tokens.size()) {
                throw new IllegalArgumentException("it ends too early");
            }
            return tokens.get(next);
        }

        private String take() {
            String token = peek();
            next++;
            return token;
        }
    }
}
