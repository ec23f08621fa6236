using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Attention;

internal sealed partial class AttentionFeature
{
    private static void WriteLatent(CodeWriter writer, AttentionInfo info, AttentionClass type, LatentSpec attention)
    {
        string epsilon = Words.Float(LatentSpec.NormEpsilon);
        string format = info.Format.TypeName();
        int rank = attention.LatentRank;
        string queries = $"numHeads: {attention.NumHeads}, headDim: {attention.NopeDim + attention.RopeDim}, firstDim: {attention.NopeDim}";
        string latent = $"numHeads: 1, headDim: {attention.KeyDim}, firstDim: {rank}";
        string aBias = attention.HasBias ? "_kvABias, " : "";
        string types = info.Model.IsGpu ? "<LatentAttentionShape, KeyValueUpMatrix>" : $"<LatentAttentionShape, KeyValueUpShape, {format}>";
        if (attention.QueryRank is not null)
        {
            writer.Lines($"""
                // queries by way of their own latent; the latent of keys and values
                MatMul.Multiply(_qAProj, {(attention.HasBias ? "_qABias, " : "")}pass.Normed, pass.QueryLatent, tokens, worker);
                MatMul.Multiply(_kvAProj, {aBias}pass.Normed, pass.Latent, tokens, worker);
                worker.Sync();
                RmsNorm.Normalize(pass.QueryLatent, _qANorm, {epsilon}, pass.QueryLatent, tokens, worker);
                worker.Sync();
                MatMul.Multiply(_qBProj, pass.QueryLatent, pass.Queries, tokens, worker);
                """);
        }
        else
        {
            writer.Lines($"""
                // queries; the latent of keys and values
                MatMul.Multiply(_qProj, pass.Normed, pass.Queries, tokens, worker);
                MatMul.Multiply(_kvAProj, {aBias}pass.Normed, pass.Latent, tokens, worker);
                worker.Sync();
                """);
        }

        writer.Lines($$"""
            RmsNorm.Normalize(pass.Latent.Columns(0, {{rank}}), _kvANorm, {{epsilon}}, pass.Latent.Columns(0, {{rank}}), tokens, worker);
            worker.Sync();

            // rotary positions on the part of each head that has them; latent and rotated part of the key go to the cache
            _rope.Rotate(pass.Queries, pass.Rotations, {{queries}}, tokens, worker);
            _rope.Rotate(pass.Latent, pass.Rotations, {{latent}}, tokens, worker);
            worker.Sync();
            foreach (Segment segment in pass.Segments)
            {
                segment.Cache.Append(_index, segment.RowsOf(pass.Latent), segment.FirstPosition, segment.NumTokens, worker);
            }

            // what every token sees: queries meet the latent itself, and only the sum over positions becomes values
            LatentAttention.Absorb{{types}}(_kvBProj, pass.Queries, pass.LatentQueries, tokens, worker);
            worker.Sync();
            foreach (Segment segment in pass.Segments)
            {
                Attention.Attend<{{type.Shape}}>(
                    segment.RowsOf(pass.LatentQueries), segment.Cache, _index, segment.RowsOf(pass.LatentAttended),
                    segment.FirstPosition, segment.NumTokens, worker);
            }

            worker.Sync();
            LatentAttention.Expand{{types}}(_kvBProj, pass.LatentAttended, pass.Attended, tokens, worker);
            worker.Sync();
            """);
        WriteOutput(writer, info, attention, attention.HasBias);
    }
}
