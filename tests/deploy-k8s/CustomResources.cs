using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>
/// The resources of operators, as far as this repository uses them, by the operators' own names: CloudNativePG 1.25, cert-manager 1.16,
/// prometheus-operator 0.78. A field that is not here is an error.
/// </summary>
internal static class CustomResources
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true, PropertyNameCaseInsensitive = false,
    };

    private static readonly Dictionary<string, Type> Types = new()
    {
        ["postgresql.cnpg.io/v1/Cluster"] = typeof(Resource<ClusterSpec>),
        ["postgresql.cnpg.io/v1/ScheduledBackup"] = typeof(Resource<ScheduledBackupSpec>),
        ["cert-manager.io/v1/Issuer"] = typeof(Resource<IssuerSpec>),
        ["cert-manager.io/v1/Certificate"] = typeof(Resource<CertificateSpec>),
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(Resource<ServiceMonitorSpec>),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(Resource<PrometheusRuleSpec>),
    };

    public static void Parse(JsonObject document) => document.Deserialize(Types[$"{document["apiVersion"]}/{document["kind"]}"], Strict);

    internal sealed record Resource<T>(string ApiVersion, string Kind, Metadata Metadata, T Spec);

    internal sealed record Metadata(string Name, string Namespace);

    internal sealed record ClusterSpec(
        int Instances, string ImageName, Bootstrap Bootstrap, Postgresql Postgresql, Affinity Affinity, Storage Storage, Storage WalStorage,
        Resources Resources, Backup Backup);

    internal sealed record Bootstrap(InitDb Initdb);

    internal sealed record InitDb(string Database, string Owner);

    internal sealed record Postgresql(Synchronous Synchronous, Dictionary<string, string> Parameters);

    internal sealed record Synchronous(string Method, int Number);

    internal sealed record Affinity(string TopologyKey, string PodAntiAffinityType);

    internal sealed record Storage(string Size);

    internal sealed record Resources(Dictionary<string, string> Requests, Dictionary<string, string> Limits);

    internal sealed record Backup(string RetentionPolicy, BarmanObjectStore BarmanObjectStore);

    internal sealed record BarmanObjectStore(string DestinationPath, S3Credentials S3Credentials);

    internal sealed record S3Credentials(KeyOfSecret AccessKeyId, KeyOfSecret SecretAccessKey);

    internal sealed record KeyOfSecret(string Name, string Key);

    internal sealed record ScheduledBackupSpec(string Schedule, string BackupOwnerReference, Named Cluster);

    internal sealed record Named(string Name);

    internal sealed record IssuerSpec(Acme Acme);

    internal sealed record Acme(Uri Server, Named PrivateKeySecretRef, Solver[] Solvers);

    internal sealed record Solver(Http01 Http01);

    internal sealed record Http01(Http01Ingress Ingress);

    internal sealed record Http01Ingress(string IngressClassName);

    internal sealed record CertificateSpec(string SecretName, string[] DnsNames, PrivateKey PrivateKey, Named IssuerRef);

    internal sealed record PrivateKey(string Algorithm, string RotationPolicy);

    internal sealed record ServiceMonitorSpec(Selector Selector, MonitorEndpoint[] Endpoints);

    internal sealed record Selector(Dictionary<string, string> MatchLabels);

    internal sealed record MonitorEndpoint(string Port, string Interval, bool HonorLabels);

    internal sealed record PrometheusRuleSpec(RuleGroup[] Groups);

    internal sealed record RuleGroup(string Name, Rule[] Rules);

    internal sealed record Rule(
        string Expr, string? Alert = null, string? Record = null, string? For = null, Dictionary<string, string>? Labels = null,
        Dictionary<string, string>? Annotations = null);
}
