package cloister.bridge.slurm;

import cloister.bridge.Booking;
import cloister.slurm.v0042.api.SlurmdbApi;
import cloister.slurm.v0042.model.AccountShort;
import cloister.slurm.v0042.model.AccountsAddCond;
import cloister.slurm.v0042.model.Assoc;
import cloister.slurm.v0042.model.AssocRecSet;
import cloister.slurm.v0042.model.OpenapiAccountsAddCondResp;
import cloister.slurm.v0042.model.OpenapiAssocsResp;
import cloister.slurm.v0042.model.OpenapiWckeyResp;
import cloister.slurm.v0042.model.Wckey;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.springframework.web.client.RestClient.ResponseSpec;
import tools.jackson.databind.JsonNode;

/**
 * Accounts, the user's associations with them, and the user's wckeys. Everything is looked at first: posting an account that
 * exists would overwrite its description, and slurmdbd answers 200 to an association that it then leaves out because the
 * account has none on this cluster; so what was written is looked at again.
 */
record Associations(SlurmdbApi slurmdbd, String user) {
    private static final System.Logger LOG = System.getLogger(Associations.class.getName());
    private static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,64}");
    private static final Pattern DESCRIPTION = Pattern.compile("[A-Za-z0-9 _.-]{1,128}");
    private static final String ORGANIZATION = "cloister";

    Booking openAccount(String name, String parent, String description) {
        check(name, parent, description);
        return look(this::accounts, accounts -> {
            Optional<JsonNode> known = named(accounts, "accounts", name);
            if (known.isPresent() && !isOurs(known.get(), description)) return foreign(known.get());
            return look(() -> below(name), found -> {
                boolean standing = known.isPresent() && has(found, name, "");
                if (!standing) {
                    LOG.log(Level.INFO, "adding account {0} below {1}", name, parent);
                    Booking added = written(Told.of(() -> add(name, parent, description, cluster(found))));
                    if (!(added instanceof Booking.Done)) return added;
                }
                return standing && has(found, name, user) ? new Booking.Done() : join(name, cluster(found));
            });
        });
    }

    private Booking join(String name, String cluster) {
        LOG.log(Level.INFO, "adding {0} to account {1}", user, name);
        OpenapiAssocsResp body = new OpenapiAssocsResp()
                .associations(List.of(new Assoc().account(name).cluster(cluster).user(user)));
        Booking joined = written(Told.of(() -> slurmdbd.putAssociationsWithResponseSpec(body)));
        if (!(joined instanceof Booking.Done)) return joined;
        return look(
                () -> below(name),
                found -> has(found, name, "") && has(found, name, user)
                        ? new Booking.Done()
                        : new Booking.Unknown("slurmdbd took account " + name + " and does not show it"));
    }

    Booking closeAccount(String name, String description) {
        check(name, name, description);
        return look(this::accounts, accounts -> {
            Optional<JsonNode> known = named(accounts, "accounts", name);
            if (known.isEmpty()) return new Booking.Done();
            if (!isOurs(known.get(), description)) return foreign(known.get());
            LOG.log(Level.INFO, "removing account {0}", name);
            return written(Told.of(() -> slurmdbd.removeAccountWithResponseSpec(name)));
        });
    }

    Booking openWckey(String name) {
        check(name, name, name);
        return look(() -> wckey(name), found -> {
            if (users(found, name).anyMatch(user::equals)) return new Booking.Done();
            LOG.log(Level.INFO, "adding wckey {0} of {1}", name, user);
            OpenapiWckeyResp body = new OpenapiWckeyResp()
                    .wckeys(List.of(
                            new Wckey().name(name).cluster(cluster(found)).user(user)));
            Booking added = written(Told.of(() -> slurmdbd.putWckeysWithResponseSpec(
                    null, null, null, null, null, null, null, null, null, null, body)));
            if (!(added instanceof Booking.Done)) return added;
            return look(
                    () -> wckey(name),
                    again -> users(again, name).anyMatch(user::equals)
                            ? new Booking.Done()
                            : new Booking.Unknown("slurmdbd took wckey " + name + " and does not show it"));
        });
    }

    Booking closeWckey(String name) {
        check(name, name, name);
        return look(() -> wckey(name), found -> {
            Optional<String> other =
                    users(found, name).filter(whose -> !whose.equals(user)).findFirst();
            if (other.isPresent()) {
                return new Booking.Foreign("wckey " + name + " is also " + Reply.clean(other.get(), 64) + "'s");
            }
            if (users(found, name).findAny().isEmpty()) return new Booking.Done();
            LOG.log(Level.INFO, "removing wckey {0} of {1}", name, user);
            // Its path says id, but takes the name.
            return written(Told.of(() -> slurmdbd.removeWckeyWithResponseSpec(name)));
        });
    }

    private static void check(String name, String parent, String description) {
        if (!NAME.matcher(name).matches() || !NAME.matcher(parent).matches()) {
            throw new IllegalArgumentException("not a name in the accounting: " + name + ", " + parent);
        }
        if (!DESCRIPTION.matcher(description).matches()) {
            throw new IllegalArgumentException("not a description: " + description);
        }
    }

    /** All of them: there is no question for one that may not be there. */
    private ResponseSpec accounts() {
        return slurmdbd.accountsWithResponseSpec(null, null, null, null, null, null);
    }

    private ResponseSpec below(String name) {
        return slurmdbd.associationsWithResponseSpec(
                name, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null);
    }

    private ResponseSpec wckey(String name) {
        return slurmdbd.wckeysWithResponseSpec(null, null, null, name, null, null, null, null, null, null);
    }

    private ResponseSpec add(String name, String parent, String description, String cluster) {
        return slurmdbd.addAccountsWithResponseSpec(new OpenapiAccountsAddCondResp()
                .account(new AccountShort().description(description).organization(ORGANIZATION))
                .associationCondition(new AccountsAddCond()
                        .accounts(List.of(name))
                        .clusters(List.of(cluster))
                        .association(new AssocRecSet().parent(parent))));
    }

    private static Booking look(Supplier<ResponseSpec> question, Function<JsonNode, Booking> then) {
        return switch (Told.of(question)) {
            case Told.Good(JsonNode body) ->
                cluster(body).isEmpty()
                        ? new Booking.Unknown("slurmrestd does not say which cluster it serves")
                        : then.apply(body);
            case Told.Failed(long number, String why) -> failed(number, why);
            case Told.Silent(String why) -> new Booking.Unknown(why);
            case Told.NotServed() -> new Booking.Unknown(Told.NO_API);
        };
    }

    private static Booking written(Told told) {
        return switch (told) {
            case Told.Good _ -> new Booking.Done();
            case Told.Failed(long number, String why) -> failed(number, why);
            case Told.Silent(String why) -> new Booking.Unknown(why);
            case Told.NotServed() -> new Booking.Unknown(Told.NO_API);
        };
    }

    private static Booking failed(long number, String why) {
        return number == Told.DENIED
                ? new Booking.Refused("the backend's Slurm user needs AdminLevel=Operator in slurmdbd: " + why)
                : new Booking.Unknown(why);
    }

    private static String cluster(JsonNode body) {
        return Reply.clean(body.path("meta").path("slurm").path("cluster").asString(""), 64);
    }

    private static Stream<JsonNode> each(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    private static Optional<JsonNode> named(JsonNode body, String list, String name) {
        return each(body.path(list))
                .filter(one -> one.path("name").asString("").equals(name))
                .findFirst();
    }

    private static boolean has(JsonNode body, String account, String user) {
        return each(body.path("associations"))
                .anyMatch(one -> one.path("account").asString("").equals(account)
                        && one.path("user").asString("").equals(user));
    }

    private static Stream<String> users(JsonNode body, String wckey) {
        return each(body.path("wckeys"))
                .filter(one -> one.path("name").asString("").equals(wckey))
                .map(one -> one.path("user").asString(""));
    }

    /** slurmdbd writes descriptions in lower case. */
    private static boolean isOurs(JsonNode account, String description) {
        return account.path("description").asString("").equalsIgnoreCase(description);
    }

    private static Booking foreign(JsonNode account) {
        return new Booking.Foreign(
                "account " + Reply.clean(account.path("name").asString(""), 64) + " is described as \""
                        + Reply.clean(account.path("description").asString(""), 128) + "\"");
    }
}
