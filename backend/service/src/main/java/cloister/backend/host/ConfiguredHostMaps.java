package cloister.backend.host;

import cloister.bridge.Allocation;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** The maps that the operator has written. */
@Component
@EnableConfigurationProperties(HostConfig.class)
class ConfiguredHostMaps implements HostMaps {
    private static final Logger LOG = LoggerFactory.getLogger(ConfiguredHostMaps.class);

    private final Map<String, HostMap> maps;
    private final Hosts hosts;

    /**
     * Reads the maps.
     *
     * @throws IllegalArgumentException if one cannot be right, with what is wrong in it
     */
    ConfiguredHostMaps(HostConfig config, Hosts hosts) {
        this.hosts = hosts;
        this.maps = config.maps().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        entry -> new Host(entry.getKey(), false).name(),
                        entry -> read(entry.getKey(), entry.getValue())));
    }

    private static HostMap read(String host, HostConfig.Plan plan) {
        try {
            return HostMap.of(plan);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("cloister.host.maps." + host + ": " + e.getMessage(), e);
        }
    }

    /** A map of a host that nobody knows is most likely a misspelt name, and the host meant runs without. */
    @EventListener(ApplicationReadyEvent.class)
    void compare() {
        for (String name : maps.keySet()) {
            if (hosts.list().stream().noneMatch(host -> host.name().equals(name))) {
                LOG.warn("cloister.host.maps names {}, which is no host: `cloister host list`", name);
            }
        }
    }

    @Override
    public boolean has(String host) {
        return maps.containsKey(host);
    }

    @Override
    public Fit fit(Allocation given, Want want) {
        HostMap map = maps.get(given.host());
        return map == null ? new Fit.Anywhere() : Fitting.of(map, given, want);
    }
}
