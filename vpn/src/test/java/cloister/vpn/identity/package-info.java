@NullMarked
package cloister.vpn.identity;

import org.jspecify.annotations.NullMarked;
