import type { Effect } from '@countersign/core';

// Each place is a run of path segments in lower case, `*` as in globs. It may stand anywhere in a path, or, with a
// leading `/`, at its root alone.

/** Whole disks and the memory of the machine. */
const DEVICES = placesIn(`
  dev/sd*, dev/nvme*, dev/vd*, dev/xvd*, dev/hd*, dev/disk*, dev/mapper, dev/md*, dev/dm-*, dev/mmcblk*,
  dev/loop*, dev/nbd*, dev/rdisk*, dev/mem, dev/kmem, dev/port
`);

/** Files and directories whose content is a secret. */
export const SECRET_PLACES: readonly string[] = [
  ...DEVICES,
  ...placesIn(`
    .ssh, id_rsa*, id_dsa*, id_ecdsa*, id_ed25519*, .env, .env.*, *.env, .envrc, .aws, .azure, .kube,
    kubeconfig, *.kubeconfig, etc/kubernetes, .docker/config.json, .config/gcloud, .config/gh,
    .config/glab-cli, .config/op, .config/sops, application_default_credentials.json,
    service-account*.json, .netrc, _netrc, .pgpass, .my.cnf, .mylogin.cnf, .git-credentials, .npmrc,
    .yarnrc.yml, .pypirc, .gem/credentials, .cargo/credentials*, .m2/settings*.xml, .gnupg,
    .password-store, .vault-token, .terraformrc, .terraform.d, *.tfstate, *.tfstate.*, *.tfvars, *.pem,
    *.key, *.p12, *.p8, *.pfx, *.jks, *.keystore, *.kdbx, *.ppk, *.ovpn, *.keychain*, .htpasswd, htpasswd,
    credentials, credentials.*, secrets, secret, secrets.*, secret.*, master.key, wallet.dat, shadow,
    shadow-, gshadow*, etc/sudoers*, etc/krb5.keytab, *.keytab, etc/ssl/private, ssh_host_*,
    proc/*/environ, proc/*/mem, proc/*/maps, proc/*/fd, proc/kcore, .*_history, *_history, cookies,
    login data, key4.db, logins.json, library/keychains, *.asc, serviceaccount/token, run/secrets,
    .dockercfg, .git/config, .m2/settings*, *.tfstate.backup, token, token.json, token.txt, tokens.json,
    *_token, *.token, etc/shadow*, etc/gshadow*, etc/master.passwd, proc/*/cmdline, cookies.sqlite,
    windows/system32/config, appdata/*/microsoft/credentials, ntds.dit, .credentials*, .secret, .secrets,
    *.secret, .flaskenv, .env~, .env-*, .env_*, .tokens, access-token, .vault_pass*, vault_pass*,
    .rclone.conf, .config/rclone, .s3cfg, .boto, .databrickscfg, .kaggle, kaggle.json, .config/hub,
    .config/doctl, .config/hcloud, .config/stripe, .config/netlify, .config/containers, .config/composer,
    .composer/auth.json, auth.json, .fly, .oci, .snowflake, .snowsql, .supabase, .wrangler,
    .config/.wrangler, .codex, .huggingface, .pulumi, .gradle/gradle.properties, .nuget,
    local.settings.json, wp-config.php, client_secret*.json, service_account*.json,
    *firebase-adminsdk*.json, .local/share/keyrings, .local/share/kwalletd, *.keyring, .bitcoin, .ethereum,
    .electrum, .mozilla, deploy_key*, *_rsa, *_dsa, *_ecdsa, *_ed25519, *.pkcs12, *.pk8, *.gpg, *.pgp,
    *.age, *.kdb, *.tfvars.json, etc/wireguard, etc/openvpn, etc/letsencrypt,
    etc/networkmanager/system-connections, etc/wpa_supplicant*, etc/ppp/*-secrets, etc/rancher,
    etc/security/opasswd, var/lib/kubelet, k3s.yaml, appdata/*/microsoft/protect,
    appdata/*/microsoft/vault, unattend.xml, ntuser.dat*
  `),
];

/** Never a secret although a row above fits: the samples that projects publish. */
export const PUBLIC_PLACES: readonly string[] = placesIn(
  '.env.example, .env.sample, .env.template, .env.dist, *.pub, known_hosts',
);

/** What writing to a place does besides changing a file. */
export const WRITTEN_PLACES: Readonly<Partial<Record<Effect, readonly string[]>>> = {
  /** Read as commands or as settings that name commands, by a shell, a scheduler, git or the system. */
  execute: placesIn(`
    .bashrc*, .bash_*, .bash_profile, .profile, .zshrc, .zshenv, .zprofile, .zlogin, .zlogout, .kshrc,
    .cshrc, .tcshrc, .login, .inputrc, .vimrc, .exrc, .emacs*, .config/nvim, .config/fish,
    .config/autostart, .config/systemd, .config/git, .config/environment.d, .gitconfig, .gitattributes,
    .gitmodules, .git, hooks/pre-*, hooks/post-*, hooks/update, hooks/*-msg, hooks/fsmonitor*,
    hooks/proc-receive, hooks/reference-transaction, hooks/push-to-checkout, hooks/sendemail-validate,
    .husky, .envrc, .npmrc, .yarnrc*, .curlrc, .wgetrc, .psqlrc, .sqliterc, .tmux.conf, .screenrc,
    .pam_environment, .xinitrc, .xprofile, .xsession*, .local/bin, .kube/config, .aws/config,
    .docker/config.json, .ssh, .github, .gitlab-ci.yml, .vscode, .claude, .cursor, cron*, crontab*,
    spool/cron, etc/profile*, profile.d, etc/bash*, etc/zsh*, etc/environment, etc/ld.so*, ld.so.preload,
    etc/init*, rc.local, etc/systemd, systemd/system, systemd/user, launchagents, launchdaemons, etc/apt,
    etc/sysctl*, etc/modprobe*, etc/hosts, etc/resolv.conf, etc/nsswitch.conf, etc/alternatives,
    etc/docker, etc/kubernetes, /proc, /sys, bin, sbin, lib/modules, /boot, site-packages, dist-packages,
    .bashrc, .githooks, .github/workflows, .github/actions, .circleci, jenkinsfile, .idea, .devcontainer,
    .mcp.json, etc/cron*, start menu, windows/system32, node_modules, *vimrc, .vim, .exrc*, .gdbinit*,
    .lldbinit*, .irbrc, .pryrc, .rprofile, .pythonrc*, sitecustomize.py, usercustomize.py, .ipython,
    .jupyter, .hgrc, .hg, .subversion, .procmailrc, .forward, .mailcap, .xbindkeysrc, .zsh*, .oh-my-zsh,
    .asdfrc, .mise.toml, mise.toml, .config/mise, .direnv, .pnpmfile.cjs, .yarn, .cargo/config*, .gradle,
    .mvn, gradle/wrapper, .bundle, pip.conf, .config/pip, .config/zsh, .config/i3, .config/sway,
    .config/hypr, .config/alacritty, .config/kitty, .config/tmux, .config/zed, .local/share/applications,
    .local/share/systemd, .local/share/dbus-1, .zed, .windsurf, .codex, .gemini, .gitlab, .gitlab-ci*,
    azure-pipelines*, .travis.yml, bitbucket-pipelines.yml, .drone.yml, .appveyor.yml, appveyor.yml,
    .buildkite, .woodpecker*, cloudbuild.yaml, cloudbuild.yml, buildspec.yml, buildspec.yaml,
    .pre-commit-config.yaml, lefthook*, etc/anacrontab, spool/at, etc/rc*, etc/inittab, etc/xdg, etc/udev,
    etc/dbus-1, etc/xinetd*, etc/modules*, etc/binfmt*, etc/logrotate*, etc/network, etc/networkmanager,
    etc/dhcp*, etc/ppp, etc/update-motd*, etc/skel, etc/yum*, etc/dnf, etc/gitconfig, etc/containerd,
    /lib*, /usr/lib*, /usr/local/lib*, docker.sock, containerd.sock, podman.sock, crio.sock, *profile.ps1,
    windows/tasks, autoexec.bat
  `),
  /** Say who may do what. */
  grant: placesIn(`
    authorized_keys*, .ssh, etc/ssh, etc/passwd*, etc/shadow*, etc/group*, etc/gshadow*, etc/sudoers*,
    sudoers.d, etc/pam*, etc/security, etc/polkit*, etc/doas.conf, .rhosts, hosts.equiv, hosts.allow,
    .k5login, codeowners, etc/exports*, etc/subuid*, etc/subgid*, etc/ssl, etc/pki, ca-certificates*,
    etc/login.defs, etc/krb5.conf*, etc/apparmor*, etc/selinux, etc/securetty, docker.sock,
    containerd.sock, podman.sock, crio.sock
  `),
  delete: DEVICES,
};

/** Names may have spaces in them, so that commas part them. */
function placesIn(text: string): readonly string[] {
  return text.trim().split(/,\s+/);
}
