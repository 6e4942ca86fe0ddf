package cloister.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Prints objects as a table: one line each, a column for each name. */
final class Table {
    private Table() {}

    static void print(PrintWriter out, JsonNode rows, List<String> columns) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(columns.stream()
                .map(column -> column.toUpperCase(java.util.Locale.ROOT))
                .toList());
        for (JsonNode row : rows) {
            cells.add(columns.stream().map(column -> cell(row.path(column))).toList());
        }
        for (List<String> line : cells) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < columns.size(); i++) {
                int column = i;
                int width = cells.stream()
                        .mapToInt(other -> other.get(column).length())
                        .max()
                        .orElse(0);
                text.append(line.get(i)).append(" ".repeat(width - line.get(i).length() + 2));
            }
            out.println(text.toString().stripTrailing());
        }
    }

    private static String cell(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return "-";
        }
        if (value.isArray()) {
            List<String> parts = new ArrayList<>();
            value.forEach(part -> parts.add(cell(part)));
            return parts.isEmpty() ? "-" : String.join(",", parts);
        }
        return value.isValueNode() ? value.asString() : value.toString();
    }
}
