package cloister.backend.host;

import java.util.List;

/** The VM hosts of the site. */
public interface Hosts {
    /**
     * Names a host, or changes the role of one that is named already.
     *
     * @throws IllegalArgumentException for a name that can't be a host's, with what to do
     */
    void add(String name, boolean service);

    /** All hosts by name. */
    List<Host> list();
}
