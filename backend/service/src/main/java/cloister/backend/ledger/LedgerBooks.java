package cloister.backend.ledger;

import cloister.backend.project.Books;
import org.springframework.stereotype.Component;

/** Says when a project that is being removed owes nothing any more. */
@Component
class LedgerBooks implements Books {
    private final LedgerStore ledger;
    private final AssociationStore associations;

    LedgerBooks(LedgerStore ledger, AssociationStore associations) {
        this.ledger = ledger;
        this.associations = associations;
    }

    @Override
    public int open(int project) {
        return ledger.unsettled(project);
    }

    @Override
    public boolean closed(int project) {
        return !associations.made().contains(new Association(Association.Kind.ACCOUNT, project));
    }
}
