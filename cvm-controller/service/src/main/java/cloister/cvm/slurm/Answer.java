package cloister.cvm.slurm;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the JSON of {@code squeue} and {@code scontrol} as a stream. Only the fields that a reader names are looked at; names,
 * comments, paths and everything else of a job are skipped unread.
 */
final class Answer {
    private static final long LONGEST_BYTES = 64L * 1024 * 1024;
    private static final int LONGEST_STRING = 1024 * 1024;
    private static final int DEEPEST = 32;
    private static final int MOST_WORDS = 64;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(LONGEST_BYTES)
                    .maxStringLength(LONGEST_STRING)
                    .maxNestingDepth(DEEPEST)
                    .build())
            .build();

    /** Takes the value of one named field; answers whether it did. */
    interface Field {
        boolean read(String name, Answer answer) throws Unreadable;
    }

    /** Takes one record of the list. */
    interface Item {
        void read(Answer answer) throws Unreadable;
    }

    private final JsonParser parser;

    private Answer(JsonParser parser) {
        this.parser = parser;
    }

    /**
     * Walks the records of a reply {@code {"<list>": [...], "errors": [...], …}}.
     *
     * @throws Unreadable where the reply is not of that form or tells of an error
     */
    static void each(byte[] json, String list, Item item) throws Unreadable {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            Answer answer = new Answer(parser);
            boolean[] seen = new boolean[1];
            parser.nextToken();
            answer.object((name, reply) -> {
                if (name.equals(list)) {
                    seen[0] = true;
                    reply.array(list, () -> item.read(reply));
                    return true;
                }
                if (name.equals("errors")) {
                    reply.array(name, () -> {
                        throw new Unreadable("the reply tells of an error");
                    });
                    return true;
                }
                return false;
            });
            if (!seen[0]) {
                throw new Unreadable("the reply has no " + list);
            }
        } catch (JacksonException e) {
            throw new Unreadable("the reply is not JSON: " + e.getClass().getSimpleName());
        }
    }

    /** Walks the fields of the object that the parser stands on; fields that nobody takes are skipped. */
    void object(Field field) throws Unreadable {
        expect(JsonToken.START_OBJECT, "an object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            if (!field.read(name, this)) {
                parser.skipChildren();
            }
        }
    }

    int number(String field) throws Unreadable {
        long value = whole(field);
        if (value > Integer.MAX_VALUE) {
            throw new Unreadable(field + " is too large");
        }
        return (int) value;
    }

    /** A number in Slurm's form {@code {set, infinite, number}}; empty where it is not set; the largest where infinite. */
    OptionalLong maybe(String field) throws Unreadable {
        boolean[] flags = new boolean[2];
        long[] value = new long[1];
        object((name, answer) -> {
            switch (name) {
                case "set" -> flags[0] = answer.flag(field);
                case "infinite" -> flags[1] = answer.flag(field);
                case "number" -> value[0] = answer.whole(field);
                default -> {
                    return false;
                }
            }
            return true;
        });
        if (flags[1]) {
            return OptionalLong.of(Long.MAX_VALUE);
        }
        return flags[0] ? OptionalLong.of(value[0]) : OptionalLong.empty();
    }

    String word(String field) throws Unreadable {
        expect(JsonToken.VALUE_STRING, field + " as a word");
        return parser.getString();
    }

    /** A list of Slurm's code words. */
    List<String> words(String field) throws Unreadable {
        List<String> words = new ArrayList<>();
        array(field, () -> {
            if (words.size() == MOST_WORDS) {
                throw new Unreadable(field + " is too long");
            }
            words.add(word(field));
        });
        return List.copyOf(words);
    }

    private interface Element {
        void read() throws Unreadable;
    }

    private void array(String field, Element element) throws Unreadable {
        expect(JsonToken.START_ARRAY, field + " as a list");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            element.read();
        }
    }

    private boolean flag(String field) throws Unreadable {
        if (parser.currentToken() != JsonToken.VALUE_TRUE && parser.currentToken() != JsonToken.VALUE_FALSE) {
            throw new Unreadable(field + " has a flag of another type");
        }
        return parser.getBooleanValue();
    }

    private long whole(String field) throws Unreadable {
        expect(JsonToken.VALUE_NUMBER_INT, field + " as a whole number");
        long value = parser.getLongValue();
        if (value < 0) {
            throw new Unreadable(field + " is negative");
        }
        return value;
    }

    private void expect(JsonToken token, String what) throws Unreadable {
        if (parser.currentToken() != token) {
            throw new Unreadable("expected " + what);
        }
    }
}
