package cloister.backend;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.modulith.Modulithic;

/** The site's service: projects, leases, machines, and the broker that CVMs talk to. */
@SpringBootApplication
@ConfigurationPropertiesScan
@Modulithic(additionalPackages = "cloister")
public class BackendApplication {
    /** Starts the service; settings come from {@code --spring.config.additional-location}. */
    public static void main(String[] args) {
        SpringApplication.run(BackendApplication.class, args);
    }
}
