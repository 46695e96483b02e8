#!/bin/sh
# Installs Debian's packages: programs only. The services that some of them bring are not started, and
# PostgreSQL's makes no database server. A script, so that what is changed for that is put back even if
# somebody presses Ctrl-C.
set -eu

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

# Asked by every package before it starts a service; 101 forbids it.
policy=/usr/sbin/policy-rc.d
# Read by PostgreSQL's package before it makes a server.
cluster=/etc/postgresql-common/createcluster.conf

# Before the traps are set nothing has been changed; and what is not ours is not put back.
policy_is_ours=no
cluster_is_ours=no
put_back() {
    if [ $policy_is_ours = yes ]; then rm -f "$policy"; fi
    if [ $cluster_is_ours = yes ]; then sed -i '$d' "$cluster"; fi
}
trap put_back EXIT
trap 'exit 130' HUP INT TERM

if [ ! -e "$policy" ] && [ -w "${policy%/*}" ]; then
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
case " $* " in
*" postgresql "*)
    install postgresql-common
    echo 'create_main_cluster = false' >>"$cluster"
    cluster_is_ours=yes
    ;;
esac
install "$@"
