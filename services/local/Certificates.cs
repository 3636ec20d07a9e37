using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DirectorySync.Local;

/// <summary>
/// Certificates for the processes of one machine, as files: an authority of its own, and for each name a certificate with its key. Issued
/// again, they are renewed; a new authority is trusted beside the old one until that is forgotten.
/// </summary>
internal sealed class Certificates : IDisposable
{
    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");

    private readonly List<X509Certificate2> authorities = [];

    public Certificates(string folder)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        AddAuthority();
    }

    public string Folder { get; }

    public string Authority => Path.Combine(Folder, "authority.crt");

    public string CertificateOf(string name) => Path.Combine(Folder, name + ".crt");

    public string KeyOf(string name) => Path.Combine(Folder, name + ".key");

    /// <summary>What is issued from now on is the new one's; both are trusted.</summary>
    public void AddAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=directory-sync authority {Guid.NewGuid():n}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        authorities.Add(request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1)));
        WriteAuthorities();
    }

    /// <summary>What the older ones issued is trusted no more.</summary>
    public void ForgetOldAuthorities()
    {
        authorities.RemoveRange(0, authorities.Count - 1);
        WriteAuthorities();
    }

    public void Issue(string name, DateTimeOffset? expire = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerUse, ClientUse], false));
        var until = expire ?? DateTimeOffset.UtcNow.AddDays(90);
        using var certificate = request.Create(authorities[^1], DateTimeOffset.UtcNow.AddHours(-12), until, RandomNumberGenerator.GetBytes(16));
        // The key first: whoever reads between the two finds that they do not fit, and keeps what it has.
        Write(KeyOf(name), key.ExportPkcs8PrivateKeyPem());
        Write(CertificateOf(name), certificate.ExportCertificatePem());
    }

    public X509Certificate2 Load(string name) => X509Certificate2.CreateFromPemFile(CertificateOf(name), KeyOf(name));

    /// <summary>Calls with the certificate of that name, and believes only what the authorities issued.</summary>
    public SocketsHttpHandler Handler(string name) => new()
    {
        SslOptions = new()
        {
            ClientCertificates = [Load(name)],
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is X509Certificate2 server && IsTrusted(server, errors),
        },
    };

    private bool IsTrusted(X509Certificate2 server, SslPolicyErrors errors)
    {
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities.ToArray());
        return (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None && chain.Build(server);
    }

    public void Dispose() => authorities.ForEach(authority => authority.Dispose());

    private void WriteAuthorities() => Write(Authority, string.Join('\n', authorities.Select(authority => authority.ExportCertificatePem())));

    // Whole or not at all.
    private static void Write(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
