import type { Effect } from '@countersign/core';

/** A kind of object that is understood. */
export interface Kind {
  readonly group: string;
  readonly kind: string;
  /** As in paths and in `kubectl get`. */
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** What making or changing one does besides. */
  readonly written: readonly Effect[];
  /** What deleting one does besides. */
  readonly deleted: readonly Effect[];
  /** What reading one does besides. */
  readonly read: readonly Effect[];
}

/** group kind plural scope(n or c) written deleted read; `-` is nothing. */
const ROWS = `
- Pod pods n execute - -
- PodTemplate podtemplates n execute - -
- ReplicationController replicationcontrollers n execute - -
apps Deployment deployments n execute - -
apps StatefulSet statefulsets n execute - -
apps DaemonSet daemonsets n execute - -
apps ReplicaSet replicasets n execute - -
apps ControllerRevision controllerrevisions n execute - -
batch Job jobs n execute - -
batch CronJob cronjobs n execute - -
- Binding bindings n execute - -
- ConfigMap configmaps n - - -
- Secret secrets n secret secret secret
- ServiceAccount serviceaccounts n grant grant -
- Service services n network network -
- Endpoints endpoints n network network -
- Namespace namespaces c - - -
- Node nodes c grant,execute - -
- PersistentVolume persistentvolumes c - - -
- PersistentVolumeClaim persistentvolumeclaims n spend - -
- LimitRange limitranges n - grant -
- ResourceQuota resourcequotas n spend grant -
- Event events n - - -
events.k8s.io Event events n - - -
autoscaling HorizontalPodAutoscaler horizontalpodautoscalers n spend - -
policy PodDisruptionBudget poddisruptionbudgets n - - -
policy PodSecurityPolicy podsecuritypolicies c grant grant -
rbac.authorization.k8s.io Role roles n grant grant -
rbac.authorization.k8s.io ClusterRole clusterroles c grant grant -
rbac.authorization.k8s.io RoleBinding rolebindings n grant grant -
rbac.authorization.k8s.io ClusterRoleBinding clusterrolebindings c grant grant -
networking.k8s.io Ingress ingresses n network network -
networking.k8s.io IngressClass ingressclasses c network network -
networking.k8s.io NetworkPolicy networkpolicies n network,grant network,grant -
discovery.k8s.io EndpointSlice endpointslices n network network -
gateway.networking.k8s.io Gateway gateways n network network -
gateway.networking.k8s.io GatewayClass gatewayclasses c network network -
gateway.networking.k8s.io HTTPRoute httproutes n network network -
gateway.networking.k8s.io GRPCRoute grpcroutes n network network -
gateway.networking.k8s.io TLSRoute tlsroutes n network network -
gateway.networking.k8s.io TCPRoute tcproutes n network network -
gateway.networking.k8s.io UDPRoute udproutes n network network -
gateway.networking.k8s.io ReferenceGrant referencegrants n network,grant network,grant -
admissionregistration.k8s.io MutatingWebhookConfiguration mutatingwebhookconfigurations c execute,grant execute,grant -
admissionregistration.k8s.io ValidatingWebhookConfiguration validatingwebhookconfigurations c execute,grant execute,grant -
admissionregistration.k8s.io ValidatingAdmissionPolicy validatingadmissionpolicies c execute,grant execute,grant -
admissionregistration.k8s.io ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings c execute,grant execute,grant -
admissionregistration.k8s.io MutatingAdmissionPolicy mutatingadmissionpolicies c execute,grant execute,grant -
admissionregistration.k8s.io MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings c execute,grant execute,grant -
apiregistration.k8s.io APIService apiservices c execute,grant execute,grant -
certificates.k8s.io CertificateSigningRequest certificatesigningrequests c grant,secret grant -
authentication.k8s.io TokenReview tokenreviews c secret - -
authentication.k8s.io TokenRequest tokenrequests n grant,secret - -
authorization.k8s.io SubjectAccessReview subjectaccessreviews c read - -
authorization.k8s.io LocalSubjectAccessReview localsubjectaccessreviews n read - -
authorization.k8s.io SelfSubjectAccessReview selfsubjectaccessreviews c read - -
authorization.k8s.io SelfSubjectRulesReview selfsubjectrulesreviews c read - -
storage.k8s.io StorageClass storageclasses c - - -
storage.k8s.io VolumeAttachment volumeattachments c grant grant -
storage.k8s.io CSIDriver csidrivers c execute execute -
storage.k8s.io CSINode csinodes c execute execute -
node.k8s.io RuntimeClass runtimeclasses c execute - -
scheduling.k8s.io PriorityClass priorityclasses c - - -
coordination.k8s.io Lease leases n - - -
`;

export const KINDS: readonly Kind[] = ROWS.trim()
  .split('\n')
  .map((row) => {
    const [group = '', kind = '', plural = '', scope = '', written = '', deleted = '', read = ''] =
      row.split(' ');
    return {
      group: group === '-' ? '' : group,
      kind,
      plural,
      isNamespaced: scope === 'n',
      written: effects(written),
      deleted: effects(deleted),
      read: effects(read),
    };
  });

/** How `kubectl` lets one shorten them. */
const SHORT: Readonly<Record<string, string>> = {
  po: 'pods',
  rc: 'replicationcontrollers',
  deploy: 'deployments',
  sts: 'statefulsets',
  ds: 'daemonsets',
  rs: 'replicasets',
  cj: 'cronjobs',
  cm: 'configmaps',
  sa: 'serviceaccounts',
  svc: 'services',
  ep: 'endpoints',
  ns: 'namespaces',
  no: 'nodes',
  pv: 'persistentvolumes',
  pvc: 'persistentvolumeclaims',
  limits: 'limitranges',
  quota: 'resourcequotas',
  ev: 'events',
  hpa: 'horizontalpodautoscalers',
  pdb: 'poddisruptionbudgets',
  ing: 'ingresses',
  netpol: 'networkpolicies',
  gw: 'gateways',
  csr: 'certificatesigningrequests',
  sc: 'storageclasses',
  pc: 'priorityclasses',
};

const BY_OBJECT: ReadonlyMap<string, Kind> = new Map(
  KINDS.map((kind): [string, Kind] => [`${kind.group}/${kind.kind}`, kind]),
);

/** The kind of a manifest. A kind of the same name in another group is somebody else's. */
export function kindOf(apiVersion: string, kind: string): Kind | undefined {
  const parts = apiVersion.split('/');
  const [group = '', version = ''] = parts.length === 1 ? ['', apiVersion] : parts;
  return parts.length <= 2 && /^v\d+(?:(?:alpha|beta)\d+)?$/.test(version)
    ? BY_OBJECT.get(`${group}/${kind}`)
    : undefined;
}

/** The kinds that a resource may mean: `pods`, `Deployment`, `deploy`, `deployments.v1.apps`. */
export function kindsOfResource(resource: string): readonly Kind[] {
  const [written = '', ...rest] = resource.toLowerCase().split('.');
  const plural = Object.hasOwn(SHORT, written) ? SHORT[written] : written;
  const group = rest
    .filter((part, index) => index > 0 || !/^v\d+(?:(?:alpha|beta)\d+)?$/.test(part))
    .join('.');
  return KINDS.filter(
    (kind) =>
      (kind.plural === plural || kind.kind.toLowerCase() === plural) &&
      (rest.length === 0 || kind.group === group),
  );
}

function effects(list: string): readonly Effect[] {
  return list === '-' ? [] : (list.split(',') as Effect[]);
}
