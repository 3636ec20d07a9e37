using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Tls;

/// <summary>
/// The certificate, its key and the authorities as the files have them: a renewal counts from the next handshake on, without a restart. Files
/// that do not fit together (yet) leave what was read before.
/// </summary>
internal sealed class CertificateFiles(TlsOptions options, TimeProvider time, ILogger<CertificateFiles> logger) : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private Files? files;
    private long looked;

    /// <summary>The process's own.</summary>
    public X509Certificate2 Own => Current.Own;

    private Files Current
    {
        get
        {
            lock (gate)
            {
                if (files is null)
                {
                    (files, looked) = (Read(), time.GetTimestamp());
                }
                else if (time.GetElapsedTime(looked) >= Between)
                {
                    looked = time.GetTimestamp();
                    Renew(files);
                }

                return files;
            }
        }
    }

    /// <summary>Another process's, when it calls.</summary>
    public bool IsCaller(X509Certificate2 certificate) => IsTrusted(Current.Authorities, certificate, ClientUse);

    /// <summary>The server's, when this process calls; its name is that of the address.</summary>
    public bool IsServer(X509Certificate? certificate, SslPolicyErrors errors) => IsServer(Current.Authorities, certificate, errors);

    /// <summary>The same of a server that is no process of this system, whose authority is in a file of its own.</summary>
    public static bool IsServer(string authority, X509Certificate? certificate, SslPolicyErrors errors)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(authority);
        return IsServer(authorities, certificate, errors);
    }

    /// <summary>For connections that this process opens.</summary>
    public SslClientAuthenticationOptions ClientOptions() => new()
    {
        LocalCertificateSelectionCallback = (_, _, _, _, _) => Own,
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsServer(certificate, errors),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        // A session that is taken up again shows the certificate of before its renewal.
        AllowTlsResume = false,
    };

    public void Dispose() => files?.Own.Dispose();

    private static bool IsServer(X509Certificate2Collection authorities, X509Certificate? certificate, SslPolicyErrors errors) =>
        certificate is X509Certificate2 server && (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None
        && IsTrusted(authorities, server, ServerUse);

    private static bool IsTrusted(X509Certificate2Collection authorities, X509Certificate2 certificate, string use)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(authorities);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.ApplicationPolicy.Add(new Oid(use));
        return chain.Build(certificate);
    }

    private void Renew(Files before)
    {
        try
        {
            if (Written() != before.Written)
            {
                files = Read();
                logger.CertificateRead(files.Own.Subject, files.Own.NotAfter);
            }
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            logger.CertificateUnreadable(e);
        }
    }

    private Files Read()
    {
        var written = Written();
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(options.Authority!);
        return new(X509Certificate2.CreateFromPemFile(options.Certificate!, options.Key), authorities, written);
    }

    // Through links, as Kubernetes mounts secrets.
    private (DateTime, DateTime, DateTime) Written() => (At(options.Certificate!), At(options.Key!), At(options.Authority!));

    private static DateTime At(string path) => (File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)).LastWriteTimeUtc;

    private sealed record Files(X509Certificate2 Own, X509Certificate2Collection Authorities, (DateTime, DateTime, DateTime) Written);
}
