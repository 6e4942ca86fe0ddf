package cloister.cli.doctor;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The Lua files of the global Slurm that came with this version of the command. */
final class Shipped {
    private Shipped() {}

    /** Each file's name and text. */
    static Map<String, String> plugins() {
        URL folder = Shipped.class.getResource("lua");
        if (folder == null) {
            throw new IllegalStateException("this command was built without the plugins");
        }
        try {
            URI uri = folder.toURI();
            if (!uri.getScheme().equals("jar")) {
                return read(Path.of(uri));
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return read(jar.getPath(uri.getSchemeSpecificPart()
                        .substring(uri.getSchemeSpecificPart().indexOf('!') + 1)));
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("this command's own files can't be read", e);
        }
    }

    private static Map<String, String> read(Path folder) throws IOException {
        Map<String, String> plugins = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                plugins.put(String.valueOf(file.getFileName()), Files.readString(file));
            }
        }
        return plugins;
    }
}
