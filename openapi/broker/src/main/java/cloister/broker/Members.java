package cloister.broker;

import java.util.List;

/**
 * Answer of {@code GET /broker/v1/members}: who may work in the project's CVM.
 *
 * @param epoch grows with every change; a CVM refuses an older one
 * @param members in the order of their numbers
 */
public record Members(long epoch, List<Member> members) {
    /**
     * One person's membership.
     *
     * @param member number within the project, from 1
     * @param login name of the account in the CVM: {@code [a-z][a-z0-9-]{0,30}}
     * @param uid user and group id of the account, 5000 to 59999
     * @param sshKeys public keys in OpenSSH's one-line form, without comments
     */
    public record Member(int member, String login, int uid, List<String> sshKeys) {
        public Member {
            sshKeys = List.copyOf(sshKeys);
        }
    }

    public Members {
        members = List.copyOf(members);
    }
}
