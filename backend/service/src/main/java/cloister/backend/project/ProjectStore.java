package cloister.backend.project;

import cloister.broker.Isolation;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.Spki;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Rows of projects and members. Callers hold the transaction. */
@Repository
class ProjectStore {
    private static final String COLUMNS =
            "number, spread, idle_seconds, isolation, warm_workers, day_cpu_min, cvm_state, cvm_why, cvm_host, cvm_address,"
                    + " cvm_deadline, cvm_spki, cvm_ssh_host_key, cvm_image, cvm_since, cvm_drive_host, cvm_drive_address,"
                    + " removal";

    private final JdbcClient database;

    ProjectStore(JdbcClient database) {
        this.database = database;
    }

    int insert(ProjectPolicy policy) {
        // One at a time: numbers have no gaps and none is given twice.
        database.sql("lock table project in exclusive mode").update();
        int number = database.sql("select coalesce(max(number), 0) + 1 from project")
                .query(Integer.class)
                .single();
        if (number > Project.most()) {
            throw new IllegalArgumentException(
                    "this site has no address range left: " + Project.most() + " projects were made");
        }
        Project made = new Project(number, policy, new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Blank()));
        database.sql(
                        "insert into project (number, spread, idle_seconds, cvm_state, cvm_why) values (?, ?, ?, 'OFF', 'ASKED')")
                .params(made.number(), policy.spread(), policy.idleSeconds())
                .update();
        policy(number, policy);
        return number;
    }

    void policy(int project, ProjectPolicy policy) {
        database.sql("update project set spread = ?, idle_seconds = ?, isolation = ?, warm_workers = ?, day_cpu_min = ?"
                        + " where number = ?")
                .params(
                        policy.spread(),
                        policy.idleSeconds(),
                        policy.isolation().name(),
                        policy.warmWorkers(),
                        policy.dayCpuMin(),
                        project)
                .update();
    }

    Optional<Project> find(int number) {
        return database.sql("select " + COLUMNS + " from project where number = ?")
                .param(number)
                .query((row, _) -> project(row))
                .optional();
    }

    List<Project> find(Set<Integer> numbers) {
        return database.sql("select " + COLUMNS + " from project where number = any (?)")
                .param(numbers.stream().mapToInt(Integer::intValue).toArray())
                .query((row, _) -> project(row))
                .list();
    }

    /** The project, and nobody else changes it until the transaction ends. */
    Optional<Project> hold(int number) {
        return database.sql("select " + COLUMNS + " from project where number = ? for update")
                .param(number)
                .query((row, _) -> project(row))
                .optional();
    }

    List<Project> all() {
        return database.sql("select " + COLUMNS + " from project order by number")
                .query((row, _) -> project(row))
                .list();
    }

    void save(int project, Cvm cvm) {
        Map<String, @Nullable Object> row = new HashMap<>();
        for (String column : List.of(
                "state",
                "why",
                "host",
                "address",
                "deadline",
                "spki",
                "ssh_host_key",
                "image",
                "since",
                "drive_host",
                "drive_address")) {
            row.put(column, null);
        }
        switch (cvm) {
            case Cvm.Off(Cvm.Why why, Cvm.Drive drive) -> {
                row.put("state", "OFF");
                row.put("why", why.name());
                drive(row, drive);
            }
            case Cvm.Starting(Cvm.Place place, Instant deadline, Cvm.Drive drive) -> {
                row.put("state", "STARTING");
                row.put("deadline", Timestamp.from(deadline));
                place(row, place);
                drive(row, drive);
            }
            case Cvm.Up(Cvm.Place place, Spki spki, String sshHostKey, int image, Instant since) -> {
                row.put("state", "UP");
                row.put("spki", spki.base64());
                row.put("ssh_host_key", sshHostKey);
                row.put("image", image);
                row.put("since", Timestamp.from(since));
                place(row, place);
            }
            case Cvm.Stopping(Cvm.Place place, Cvm.Why why, Cvm.Drive drive) -> {
                row.put("state", "STOPPING");
                row.put("why", why.name());
                place(row, place);
                drive(row, drive);
            }
        }
        row.put("project", project);
        database.sql("""
                        update project set cvm_state = :state, cvm_why = :why, cvm_host = :host, cvm_address = :address,
                          cvm_deadline = :deadline, cvm_spki = :spki, cvm_ssh_host_key = :ssh_host_key, cvm_image = :image,
                          cvm_since = :since, cvm_drive_host = :drive_host, cvm_drive_address = :drive_address
                        where number = :project""").params(row).update();
    }

    private static void place(Map<String, @Nullable Object> row, Cvm.Place place) {
        row.put("host", place.host());
        row.put("address", place.address().toString());
    }

    private static void drive(Map<String, @Nullable Object> row, Cvm.Drive drive) {
        if (drive instanceof Cvm.Drive.Kept(Cvm.Place last)) {
            row.put("drive_host", last.host());
            row.put("drive_address", last.address().toString());
        }
    }

    private static Project project(ResultSet row) throws SQLException {
        return new Project(
                row.getInt("number"),
                new ProjectPolicy(
                        row.getBoolean("spread"),
                        row.getInt("idle_seconds"),
                        Isolation.valueOf(row.getString("isolation")),
                        row.getInt("warm_workers"),
                        row.getInt("day_cpu_min")),
                cvm(row),
                Removal.valueOf(row.getString("removal")));
    }

    private static Cvm cvm(ResultSet row) throws SQLException {
        String state = row.getString("cvm_state");
        return switch (state) {
            case "OFF" -> new Cvm.Off(Cvm.Why.valueOf(row.getString("cvm_why")), drive(row));
            case "STARTING" ->
                new Cvm.Starting(place(row), row.getTimestamp("cvm_deadline").toInstant(), drive(row));
            case "UP" ->
                new Cvm.Up(
                        place(row),
                        Spki.parse(row.getString("cvm_spki")),
                        row.getString("cvm_ssh_host_key"),
                        row.getInt("cvm_image"),
                        row.getTimestamp("cvm_since").toInstant());
            case "STOPPING" -> new Cvm.Stopping(place(row), Cvm.Why.valueOf(row.getString("cvm_why")), drive(row));
            default ->
                throw new IllegalStateException("the database holds a state of a CVM that this version doesn't know");
        };
    }

    private static Cvm.Place place(ResultSet row) throws SQLException {
        return new Cvm.Place(row.getString("cvm_host"), Ipv4.parse(row.getString("cvm_address")));
    }

    private static Cvm.Drive drive(ResultSet row) throws SQLException {
        String host = row.getString("cvm_drive_host");
        return host == null
                ? new Cvm.Drive.Blank()
                : new Cvm.Drive.Kept(new Cvm.Place(host, Ipv4.parse(row.getString("cvm_drive_address"))));
    }

    int insertMember(int project, String login, int uid, List<SshKey> keys) {
        int number = database.sql("select coalesce(max(number), 0) + 1 from member where project = ?")
                .param(project)
                .query(Integer.class)
                .single();
        Member member = new Member(number, login, uid, keys);
        database.sql("insert into member (project, number, login, uid) values (?, ?, ?, ?)")
                .params(project, number, member.login(), member.uid())
                .update();
        int position = 1;
        for (SshKey key : member.keys()) {
            database.sql("insert into member_key (project, member, position, key) values (?, ?, ?, ?)")
                    .params(project, number, position++, key.line())
                    .update();
        }
        database.sql("update project set epoch = epoch + 1 where number = ?")
                .param(project)
                .update();
        return number;
    }

    boolean taken(int project, String login, int uid) {
        return database.sql("select count(*) from member where project = ? and removal = 'NONE'"
                                + " and (login = ? or uid = ?)")
                        .params(project, login, uid)
                        .query(Integer.class)
                        .single()
                > 0;
    }

    /** Whether one who left has the login or the uid, but not both: the CVM keeps files and account under the two. */
    boolean others(int project, String login, int uid) {
        return database.sql("select count(*) from member where project = ? and removal <> 'NONE'"
                                + " and (login = ?) <> (uid = ?)")
                        .params(project, login, uid)
                        .query(Integer.class)
                        .single()
                > 0;
    }

    /** Nothing of the project runs any more: its members are gone too, and their keys. */
    void close(int project) {
        database.sql("delete from member_key where project = ?").param(project).update();
        database.sql("update member set removal = 'REMOVED' where project = ?")
                .param(project)
                .update();
        removal(project, Removal.CLOSING);
    }

    /** Stores how far a project's removal is. */
    void removal(int project, Removal removal) {
        database.sql("update project set removal = ? where number = ?")
                .params(removal.name(), project)
                .update();
    }

    Optional<Removal> memberRemoval(int project, int member) {
        return database.sql("select removal from member where project = ? and number = ?")
                .params(project, member)
                .query((row, _) -> Removal.valueOf(row.getString("removal")))
                .optional();
    }

    void memberRemoval(int project, int member, Removal removal) {
        database.sql("update member set removal = ? where project = ? and number = ?")
                .params(removal.name(), project, member)
                .update();
    }

    /** Takes a member out of the CVM's list, and its keys away. */
    void leave(int project, int member) {
        memberRemoval(project, member, Removal.DRAINING);
        database.sql("delete from member_key where project = ? and member = ?")
                .params(project, member)
                .update();
        database.sql("update project set epoch = epoch + 1 where number = ?")
                .param(project)
                .update();
    }

    /** A member that is being removed. */
    record Leaver(int project, int member) {}

    List<Leaver> leavers() {
        return database.sql("select project, number from member where removal = 'DRAINING' order by project, number")
                .query((row, _) -> new Leaver(row.getInt("project"), row.getInt("number")))
                .list();
    }

    /** Members that a lease may still be charged to. */
    List<Integer> booked(int project) {
        return database.sql("select number from member where project = ? and removal <> 'REMOVED' order by number")
                .param(project)
                .query((row, _) -> row.getInt("number"))
                .list();
    }

    long epoch(int project) {
        return database.sql("select epoch from project where number = ?")
                .param(project)
                .query(Long.class)
                .single();
    }

    List<Member> members(int project) {
        return database.sql(
                        "select number, login, uid from member where project = ? and removal = 'NONE' order by number")
                .param(project)
                .query((row, _) -> new Member(
                        row.getInt("number"),
                        row.getString("login"),
                        row.getInt("uid"),
                        keys(project, row.getInt("number"))))
                .list();
    }

    private List<SshKey> keys(int project, int member) {
        return database.sql("select key from member_key where project = ? and member = ? order by position")
                .params(project, member)
                .query((row, _) -> SshKey.parse(row.getString("key")))
                .list();
    }
}
