package cloister.backend.machine;

import cloister.isolation.Range;
import java.time.Duration;
import java.time.InstantSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the room together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(MachineSettings.class)
class MachineRoom {
    @Bean
    Announcements announcements(ApplicationEventPublisher publisher) {
        return new Announcements(publisher);
    }

    @Bean
    HostedMachines machines(
            MachineSettings settings,
            BrokerIdentity broker,
            @Value("${cloister.time-scale}") int timeScale,
            InstantSource clock,
            Announcements announcements) {
        Conversations conversations = new Conversations(
                new BootWords(broker, Range.parse(settings.underlay()), settings.projectPrefix()),
                settings.promptAfter().multipliedBy(timeScale),
                settings.mostConversations(),
                clock,
                announcements);
        Duration limit = settings.callLimit().multipliedBy(timeScale);
        return new HostedMachines(
                host -> new LibvirtHypervisor(host, settings.pki(), settings.volumes(), limit, announcements::ended),
                settings,
                broker,
                conversations,
                announcements::ending);
    }
}
