package cloister.backend.host;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Allocation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;

class HostMapsTest {
    private static final String HOST = "cloister.host.maps[vmhost1.example].";
    private static final String[] GOOD = {
        HOST + "sockets[0].threads[0]=0-6:2",
        HOST + "sockets[0].threads[1]=8-14:2",
        HOST + "sockets[1].threads[0]=1-7:2",
        HOST + "sockets[1].threads[1]=9-15:2",
        HOST + "reserved-cores=3,7",
        HOST + "numa[0].node=0",
        HOST + "numa[0].cpus=0-14:2",
        HOST + "numa[0].memory-mib=64000",
        HOST + "numa[1].node=1",
        HOST + "numa[1].cpus=1-15:2",
        HOST + "numa[1].memory-mib=64000",
        HOST + "huge-page-mib=1024",
        HOST + "devices.gpu[0]=0000:3b:00.0+0000:3b:00.1",
        HOST + "devices.gpu[1]=0000:5e:00.0"
    };

    private final ApplicationContextRunner application =
            new ApplicationContextRunner().withUserConfiguration(Room.class);

    @EnableConfigurationProperties
    @Import(ConfiguredHostMaps.class)
    static class Room {
        @Bean
        Hosts hosts() {
            return new Hosts() {
                @Override
                public void add(String name, boolean service) {
                    throw new UnsupportedOperationException("nobody adds a host here");
                }

                @Override
                public List<Host> list() {
                    return List.of();
                }
            };
        }
    }

    private static Allocation given(String host) {
        List<Allocation.Socket> sockets =
                List.of(new Allocation.Socket(4, new TreeSet<>()), new Allocation.Socket(4, new TreeSet<>(List.of(2))));
        return new Allocation(host, 2, 4096, true, sockets, Map.of("gpu", new TreeSet<>(List.of(0))));
    }

    @Test
    void a_host_is_read_as_an_operator_writes_it() {
        application.withPropertyValues(GOOD).run(context -> {
            HostMaps maps = context.getBean(HostMaps.class);
            assertThat(maps.has("vmhost1.example")).isTrue();
            assertThat(maps.fit(given("vmhost1.example"), new Want(1, 0, 2, 2048, 256, 1)))
                    .isEqualTo(new Fit.Fits(new Placement(
                            List.of(new TreeSet<>(List.of(5)), new TreeSet<>(List.of(13))),
                            new TreeSet<>(List.of(5, 13)),
                            List.of(),
                            1024,
                            List.of(new PciAddress("0000:3b:00.0"), new PciAddress("0000:3b:00.1")))));
        });
    }

    @Test
    void a_host_without_a_map_places_its_machines_itself() {
        application.run(context -> {
            HostMaps maps = context.getBean(HostMaps.class);
            assertThat(maps.has("vmhost2")).isFalse();
            assertThat(maps.fit(given("vmhost2"), new Want(1, 0, 2, 2048, 256, 0)))
                    .isEqualTo(new Fit.Anywhere());
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sockets[0].threads[0]=0-6:2,8|every list of threads",
                "sockets[0].threads[0]=0-3|processor 1 is in two places",
                "sockets[1].threads[2]=17-23:2|all sockets must have as many cores",
                "sockets[0].threads[0]=0-6:2,|not a list",
                "sockets[0].threads[0]=0,0,2,4|twice",
                "sockets[0].threads[0]=6-0:2|not a range upwards",
                "sockets[0].threads[0]=0-99999|not a range upwards",
                "sockets[0].threads[0]=|not a list",
                "reserved-cores=8|reserved-cores names a core",
                "reserved-cores=0-7|leaves no core",
                "numa[1].node=0|a number of its own",
                "numa[1].memory-mib=0|memory-mib",
                "numa[1].cpus=1-13:2|must have the processors of the sockets",
                "numa[1].cpus=0-15:1|in two NUMA nodes",
                "huge-page-mib=4|2 or 1024",
                "devices.gpu[0]=0000:3B:00.0|not a PCI address",
                "devices.gpu[0]=3b:00.0|not a PCI address",
                "devices.gpu[1]=0000:3b:00.1|named twice",
                "devices.GPU[0]=0000:3c:00.0|no gres name"
            })
    void a_map_that_cannot_be_right_stops_the_start_with_what_is_wrong(String changed, String says) {
        application
                .withPropertyValues(GOOD)
                .withPropertyValues(HOST + changed)
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining(says));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cloister.host.maps[VMHOST1].sockets[0].threads[0]=0-3",
                "cloister.host.maps[vmhost1].socket[0].threads[0]=0-3",
                "cloister.host.maps[vmhost1].reserved-cores=1",
                "cloister.host.mapps[vmhost1].sockets[0].threads[0]=0-3"
            })
    void what_is_no_host_or_no_setting_stops_the_start(String property) {
        application
                .withPropertyValues(property)
                .run(context -> assertThat(context).hasFailed());
    }

    /** As an administrator copies it. */
    @Test
    void the_example_of_the_documentation_is_a_map() throws IOException {
        String page = Files.readString(Path.of("../../docs/operations/placement.md"));
        int from = page.indexOf("```yaml\n");
        String yaml = page.substring(from + "```yaml\n".length(), page.indexOf("```", from + 1));
        List<PropertySource<?>> read = new YamlPropertySourceLoader()
                .load("example", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)));
        TreeSet<Integer> both = new TreeSet<>(List.of(62, 126));
        List<Allocation.Socket> sockets = List.of(
                new Allocation.Socket(32, new TreeSet<>()), new Allocation.Socket(32, new TreeSet<>(List.of(30))));
        Allocation given =
                new Allocation("vmhost1.example.org", 2, 4096, true, sockets, Map.of("gpu", new TreeSet<>(List.of(1))));
        application
                .withInitializer(
                        context -> context.getEnvironment().getPropertySources().addFirst(read.getFirst()))
                .run(context -> assertThat(context.getBean(HostMaps.class).fit(given, new Want(1, 0, 1, 2048, 256, 1)))
                        .isEqualTo(new Fit.Fits(new Placement(
                                List.of(both), both, List.of(), 1024, List.of(new PciAddress("0000:af:00.0"))))));
    }

    @Test
    void threads_of_one_core_are_not_in_two_numa_nodes() {
        application
                .withPropertyValues(GOOD)
                .withPropertyValues(HOST + "numa[0].cpus=1,2-14:2", HOST + "numa[1].cpus=0,3-15:2")
                .run(context ->
                        assertThat(context).getFailure().rootCause().hasMessageContaining("of one core are in two"));
    }
}
