package cloister.backend.ledger.testing;

import cloister.backend.host.Host;
import cloister.backend.host.Hosts;
import java.util.List;

/** A site of one host, {@code vmhost1}. */
public final class OneHost implements Hosts {
    @Override
    public void add(String name, boolean service) {
        throw new UnsupportedOperationException("there is one");
    }

    @Override
    public List<Host> list() {
        return List.of(new Host("vmhost1", true));
    }
}
