package cloister.backend.host.testing;

import cloister.backend.host.Fit;
import cloister.backend.host.HostMaps;
import cloister.backend.host.Want;
import cloister.bridge.Allocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Maps that answer what a test says, for the hosts it names. */
public final class FakeHostMaps implements HostMaps {
    private final Map<String, Fit> fits;

    /** What was asked. */
    public final List<Want> wants = new ArrayList<>();

    /** With an answer for each host that has a map. */
    public FakeHostMaps(Map<String, Fit> fits) {
        this.fits = Map.copyOf(fits);
    }

    @Override
    public boolean has(String host) {
        return fits.containsKey(host);
    }

    @Override
    public Fit fit(Allocation given, Want want) {
        wants.add(want);
        return fits.getOrDefault(given.host(), new Fit.Anywhere());
    }
}
