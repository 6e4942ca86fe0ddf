package cloister.backend.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import cloister.backend.host.Placement;
import cloister.isolation.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DomainXmlTest {
    private static final Endpoint BROKER = Endpoint.parse("10.77.0.1:8443");

    @Test
    void the_domain_of_a_worker_is_the_golden_one() throws IOException {
        assertThat(lines(DomainXml.of(Samples.worker(), BROKER, Samples.settings())))
                .isEqualTo(golden("worker.xml"));
    }

    @Test
    void the_domain_of_a_cvm_is_the_golden_one() throws IOException {
        assertThat(lines(DomainXml.of(Samples.cvm(), BROKER, Samples.settings())))
                .isEqualTo(golden("cvm.xml"));
    }

    @Test
    void the_domain_of_a_worker_with_a_place_is_the_golden_one() throws IOException {
        assertThat(lines(DomainXml.of(Samples.placed(), BROKER, Samples.settings())))
                .isEqualTo(golden("placed.xml"));
    }

    @Test
    void a_place_that_is_not_the_machines_is_refused() {
        Placement one = new Placement(List.of(Samples.set(1)), Samples.set(1, 9), List.of(), 0, List.of());
        assertThat(Samples.placed(Samples.worker(), 1, one).placement()).contains(one);
        assertThatIllegalArgumentException().isThrownBy(() -> Samples.placed(Samples.worker(), 2, one));
        for (Placement wrong : List.of(
                new Placement(List.of(Samples.set(1)), Samples.set(2), List.of(), 0, List.of()),
                new Placement(
                        one.vcpus(),
                        one.emulator(),
                        List.of(new Placement.Cell(0, Samples.set(0), 1023)),
                        0,
                        List.of()),
                new Placement(
                        one.vcpus(),
                        one.emulator(),
                        List.of(new Placement.Cell(0, Samples.set(), 1024)),
                        0,
                        List.of()))) {
            assertThatIllegalArgumentException().isThrownBy(() -> Samples.placed(Samples.worker(), 1, wrong));
        }
    }

    @Test
    void a_worker_is_read_back_from_its_mark() {
        Machine.Worker worker = Samples.worker();
        assertThat(DomainMark.read("vmhost2", shown(worker)))
                .contains(new LiveMachine.Worker(
                        worker.id(),
                        "vmhost2",
                        worker.attempt(),
                        worker.job(),
                        worker.submitted().truncatedTo(ChronoUnit.SECONDS),
                        worker.endsAt().truncatedTo(ChronoUnit.SECONDS)));
    }

    @Test
    void a_cvm_is_read_back_from_its_mark() {
        assertThat(DomainMark.read("vmhost1", shown(Samples.cvm())))
                .contains(new LiveMachine.Cvm(MachineId.cvm(1), "vmhost1"));
    }

    @Test
    void a_domain_without_a_mark_is_foreign() {
        assertThat(DomainMark.read("vmhost1", new Hypervisor.LiveDomain("cloister-p1-cvm", Optional.empty())))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "project='1', project='2'",
                "lease='7', lease='8'",
                "lease='7', lease='07'",
                "worker='2', worker='x'",
                "attempt='1', attempt='99999999999'",
                "job='4711', job='-1'",
                "job='4711', nojob='4711'",
                "submit=, extra='1' submit=",
                "kind='worker', kind='cvm'",
                "<c:domain, <!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><c:domain",
                "<c:domain, <c:other",
                "<c:domain, text"
            })
    void a_mark_that_we_do_not_write_is_foreign(String ours, String theirs) {
        String mark = mark(Samples.worker()).replace('"', '\'');
        assertThat(mark).contains(ours);
        String changed = mark.replaceFirst(Pattern.quote(ours), theirs);
        assertThat(DomainMark.read("vmhost2", new Hypervisor.LiveDomain("cloister-p1-w7-2", Optional.of(changed))))
                .isEmpty();
    }

    @Test
    void a_mark_on_a_domain_of_another_name_is_foreign() {
        assertThat(DomainMark.read(
                        "vmhost2", new Hypervisor.LiveDomain("cloister-p1-w7-3", Optional.of(mark(Samples.worker())))))
                .isEmpty();
    }

    private static Hypervisor.LiveDomain shown(Machine machine) {
        return new Hypervisor.LiveDomain(machine.id().domainName(), Optional.of(mark(machine)));
    }

    /** The mark within the domain, as libvirt gives it back. */
    static String mark(Machine machine) {
        String xml = DomainXml.of(machine, BROKER, Samples.settings());
        return xml.substring(xml.indexOf("<c:domain"), xml.indexOf("</metadata>"));
    }

    private static String lines(String xml) {
        return xml.replace("><", ">\n<") + "\n";
    }

    private static String golden(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(DomainXmlTest.class.getResourceAsStream(name), name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
