# Reads `tcpdump -nn -e -t -r TRACE` (Linux cooked v2) and counts who speaks what to whom: one line a tuple.
# Ports that mean something stay, all others are written as *.
function known(port) { return (port == 22 || port == 500 || port == 4500 || port == 8443) ? port : "*" }
function address(endpoint,   n, part) { n = split(endpoint, part, "."); return part[1] "." part[2] "." part[3] "." part[4] }
function port(endpoint,   n, part) { n = split(endpoint, part, "."); return n >= 5 ? known(part[5]) : "" }
{
  if (!match($0, /ethertype [^,]+, length [0-9]+: /)) { count["unreadable: " $0]++; next }
  kind = substr($0, RSTART, RLENGTH); rest = substr($0, RSTART + RLENGTH)
  sub(/^ethertype /, "", kind); sub(/ .*/, "", kind)
  if (kind == "ARP") { count["ARP"]++; next }
  if (kind != "IPv4") { split(rest, w, " "); count[kind " " w[1] " > " w[3]]++; next }
  split(rest, w, " "); from = w[1]; to = w[3]; sub(/:$/, "", to)
  what = "other"
  if (rest ~ /: ESP\(/ || rest ~ /UDP-encap: ESP/) what = "ESP"
  else if (rest ~ /isakmp/) what = "IKE"
  else if (rest ~ /: Flags \[/) what = "TCP"
  else if (rest ~ /: ICMP /) what = "ICMP"
  else if (rest ~ /: UDP/ || rest ~ /NAT-T|nat-keep-alive|isakmp-nat-keep-alive/) what = "UDP"
  count[what " " address(from) ":" port(from) " > " address(to) ":" port(to)]++
}
END { for (t in count) printf "%8d %s\n", count[t], t }
