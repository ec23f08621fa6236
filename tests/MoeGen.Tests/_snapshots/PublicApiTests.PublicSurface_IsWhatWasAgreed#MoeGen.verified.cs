struct MoeGen.ByteSize
    Int32 CompareTo(MoeGen.ByteSize other)
    Int64 Bytes { get; set; }
    String ToString()
    new(Int64 Bytes)
    static Boolean TryParse(String text, ref MoeGen.ByteSize size)
    static MoeGen.ByteSize GiB(Double count)
    static MoeGen.ByteSize KiB(Double count)
    static MoeGen.ByteSize MiB(Double count)

enum MoeGen.Device
    const MoeGen.Device Auto
    const MoeGen.Device Cpu
    const MoeGen.Device Gpu

class MoeGen.DeviceException
    new(String message, Exception inner = ...)

abstract class MoeGen.Engine.DeviceHalf
    new()

abstract class MoeGen.Engine.ForwardPass
    Int32 MaxLogits { get; }
    Int32 MaxTokens { get; }
    Int32 NumLogits { get; }
    Int32 NumTokens { get; }
    MoeGen.Experts.Routing Routing { get; }
    MoeGen.Kernels.Activations Logits { get; }
    ReadOnlySpan<Int32> Tokens { get; }
    ReadOnlySpan<MoeGen.Engine.Segment> Segments { get; }
    Void Dispose()
    Void OnEmbedded(MoeGen.Kernels.Activations embeddings, MoeGen.Engine.Worker worker)
    Void OnRouted(Int32 layer, MoeGen.Kernels.Activations normed, MoeGen.Engine.Worker worker)
    new(MoeGen.ModelInfo info, Int32 maxTokens, Int32 maxLogits)
    protected MoeGen.Kernels.Activations Buffer(Int32 width, Boolean int8 = ..., Boolean int16 = ...)
    protected MoeGen.Kernels.Activations ChoiceBuffer(Int32 width, Boolean int8 = ..., Boolean int16 = ...)
    protected Void DisposeDevice()

class MoeGen.Engine.KvCache
    Int32 Capacity { get; }
    MoeGen.KeyValueFormat Format { get; }
    Void Append(Int32 layer, MoeGen.Kernels.Activations keys, Int32 firstPosition, Int32 numTokens, MoeGen.Engine.Worker worker)
    Void Append(Int32 layer, MoeGen.Kernels.Activations keys, MoeGen.Kernels.Activations values, Int32 firstPosition, Int32 numTokens, MoeGen.Engine.Worker worker)
    Void Dispose()

struct MoeGen.Engine.Segment
    Boolean IsDecode { get; set; }
    Boolean IsNewSequence { get; set; }
    Int32 DecodeStep { get; set; }
    Int32 FirstLogits { get; set; }
    Int32 FirstPosition { get; set; }
    Int32 FirstRow { get; set; }
    Int32 InputLength { get; }
    Int32 Length { get; set; }
    Int32 NumLogits { get; set; }
    Int32 NumTokens { get; set; }
    MoeGen.Engine.KvCache Cache { get; }
    MoeGen.Engine.KvCache InputCache { get; }
    MoeGen.Experts.ExpertLoads Loads { get; }
    MoeGen.Kernels.Activations LastRowsOf(MoeGen.Kernels.Activations rows)
    MoeGen.Kernels.Activations LogitsOf(MoeGen.Kernels.Activations rows)
    MoeGen.Kernels.Activations RowsOf(MoeGen.Kernels.Activations rows)

class MoeGen.Engine.Sequence
    Int32 Capacity { get; }
    Int32 InputLength { get; }
    Int32 Length { get; }
    Void Append(ReadOnlySpan<Int32> tokens, Span<Single> logits, CancellationToken cancellationToken = ...)
    Void Dispose()
    Void Encode(ReadOnlySpan<Int32> tokens, CancellationToken cancellationToken = ...)
    Void Truncate(Int32 length)

struct MoeGen.Engine.Share
    Int32 End { get; set; }
    Int32 Start { get; set; }
    String ToString()
    new(Int32 Start, Int32 End)
    static MoeGen.Engine.Share Of(Int32 numUnits, Int32 index, Int32 count, Int32 granularity = ...)

struct MoeGen.Engine.Worker
    Int32 Count { get; }
    Int32 Index { get; }
    MoeGen.Engine.Share Share(Int32 numUnits, Int32 granularity = ...)
    Void Sync()

enum MoeGen.Experts.Cache.CopyPriority
    const MoeGen.Experts.Cache.CopyPriority Demand
    const MoeGen.Experts.Cache.CopyPriority LookAhead
    const MoeGen.Experts.Cache.CopyPriority Prefetch
    const MoeGen.Experts.Cache.CopyPriority Swap

struct MoeGen.Experts.Eviction.EvictionMoment
    Int32 Incoming { get; }
    Int32 Layer { get; }
    Int32 NumSlots { get; }
    Int64 Pass { get; }
    ReadOnlySpan<Int32> ResidentOfLayer { get; }
    new(Int64 pass, Int32 layer, Int32 incoming, ReadOnlySpan<Int32> residentOfLayer, Int32 numSlots)

enum MoeGen.Experts.Eviction.ExpertFrequency
    const MoeGen.Experts.Eviction.ExpertFrequency Aged
    const MoeGen.Experts.Eviction.ExpertFrequency ThisSequence
    const MoeGen.Experts.Eviction.ExpertFrequency WhileCached
    const MoeGen.Experts.Eviction.ExpertFrequency WholeRun

class MoeGen.Experts.Eviction.ExpertMapEviction
    Boolean ComparesPrefetches { get; }
    Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    String Name { get; }
    new(MoeGen.Experts.Eviction.ExpertFrequency frequency = ..., Boolean usesProbability = ...)

class MoeGen.Experts.Eviction.ExpertUsage
    Int32[] SequenceTokens { get; }
    Int32[] Uses { get; }
    Int32[] UsesWhileCached { get; }
    Int64[] LastPass { get; }
    Int64[] LastUse { get; }
    MoeGen.Experts.ExpertGrid Grid { get; }
    Single[] Probability { get; }
    Void ResetProbabilities()
    new(MoeGen.Experts.ExpertGrid grid)

interface MoeGen.Experts.Eviction.IEviction
    Boolean ComparesPrefetches { get; }
    Boolean KeepsUsedExperts { get; }
    abstract Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    abstract String Name { get; }

class MoeGen.Experts.Eviction.LeastStaleEviction
    Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    String Name { get; }
    new(MoeGen.Experts.ExpertGrid grid)

class MoeGen.Experts.Eviction.LfuEviction
    Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    String Name { get; }
    new(Boolean countsSequence = ...)

class MoeGen.Experts.Eviction.LruEviction
    Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    String Name { get; }
    new()

class MoeGen.Experts.Eviction.LruPerLayerEviction
    Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    String Name { get; }
    new(MoeGen.Experts.ExpertGrid grid)

class MoeGen.Experts.Eviction.MoeInfinityEviction
    Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    String Name { get; }
    new(MoeGen.Experts.ExpertGrid grid)

class MoeGen.Experts.Eviction.OnDemandEviction
    Boolean KeepsUsedExperts { get; }
    Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    String Name { get; }
    new()

class MoeGen.Experts.Eviction.QuotaEviction
    Double KeepValue(Int32 key, MoeGen.Experts.Eviction.ExpertUsage usage, ref MoeGen.Experts.Eviction.EvictionMoment moment)
    String Name { get; }
    new(MoeGen.Experts.ExpertGrid grid, IReadOnlyList<Int32> shares)

class MoeGen.Experts.ExpertGrid
    Int32 Count { get; }
    Int32 ExpertOf(Int32 key)
    Int32 KeyOf(Int32 layer, Int32 expert)
    Int32 LayerOf(Int32 key)
    Int32 NumExperts { get; set; }
    Int32 NumLayers { get; set; }
    Int32 TopK { get; set; }
    String ToString()
    new(Int32 NumLayers, Int32 NumExperts, Int32 TopK)

class MoeGen.Experts.ExpertList<TExpert, TUp, TDown, TFormat>
    Boolean IsResident(Int32 expert)
    Boolean NextWave(MoeGen.Engine.ForwardPass pass, MoeGen.Engine.Worker worker)
    IEnumerator<TExpert> GetEnumerator()
    Int32 Count { get; }
    TExpert Item { get; }

class MoeGen.Experts.ExpertLoads
    Void Dispose()
    Void Limit(MoeGen.Experts.Routing routing, Int32 layer, Int32 limit, MoeGen.Engine.Segment segment, MoeGen.Engine.Worker worker)

class MoeGen.Experts.ExpertReadException
    Int32 Expert { get; }
    Int32 Layer { get; }

struct MoeGen.Experts.ExpertSlot
    MoeGen.Kernels.Matrix<TShape, TFormat> Matrix<TShape, TFormat>(Int64 offset)
    MoeGen.Kernels.WeightVector Vector(Int64 offset, Int32 length)

interface MoeGen.Experts.IExpert<TSelf, TUp, TDown, TFormat>
    abstract MoeGen.Kernels.Matrix<TDown, TFormat> DownProj { get; }
    abstract MoeGen.Kernels.Matrix<TUp, TFormat> UpProj { get; }
    static MoeGen.Kernels.WeightVector DownBias(MoeGen.Experts.ExpertSlot slot)
    static MoeGen.Kernels.WeightVector UpBias(MoeGen.Experts.ExpertSlot slot)
    static abstract TSelf At(MoeGen.Experts.ExpertSlot slot)

interface MoeGen.Experts.IGatedExpert<TSelf, TUp, TDown, TFormat>
    abstract MoeGen.Kernels.Matrix<TUp, TFormat> GateProj { get; }
    static MoeGen.Kernels.WeightVector GateBias(MoeGen.Experts.ExpertSlot slot)

class MoeGen.Experts.OffloadingStatistics
    Double FallbackShare { get; }
    Double HitRate { get; }
    Double SkippedShare { get; }
    Double SkippedWeight { get; set; }
    Double SkippedWeightShare { get; }
    Double TwinShare { get; }
    Double TwinWeight { get; set; }
    Double TwinWeightShare { get; }
    Int32 NumExperts { get; set; }
    Int32 NumSlots { get; set; }
    Int64 BytesRead { get; }
    Int64 DecodeSteps { get; set; }
    Int64 DemandBytes { get; set; }
    Int64 DroppedMessages { get; set; }
    Int64 Evictions { get; set; }
    Int64 FailedSwaps { get; set; }
    Int64 FailedTwins { get; set; }
    Int64 Hits { get; set; }
    Int64 LateHits { get; set; }
    Int64 Misses { get; set; }
    Int64 OutbidPrefetches { get; set; }
    Int64 Passes { get; set; }
    Int64 PrefetchBytes { get; set; }
    Int64 Prefetches { get; set; }
    Int64 Repeats { get; set; }
    Int64 Retries { get; set; }
    Int64 RouterChoices { get; set; }
    Int64 Routings { get; set; }
    Int64 SkippedChoices { get; set; }
    Int64 StalePrefetches { get; set; }
    Int64 SwapBytes { get; set; }
    Int64 Swaps { get; set; }
    Int64 ThrottledPrefetches { get; set; }
    Int64 TwinChoices { get; set; }
    Int64 TwinReads { get; set; }
    Int64 UsefulPrefetches { get; set; }
    Int64 Uses { get; }
    Int64 WastedPrefetches { get; set; }
    MoeGen.Experts.OffloadingStatistics Plus(MoeGen.Experts.OffloadingStatistics other)
    MoeGen.Experts.OffloadingStatistics Since(MoeGen.Experts.OffloadingStatistics earlier)
    String ToString()
    TimeSpan PrefetchTime { get; set; }
    TimeSpan StallTime { get; set; }
    new()

class MoeGen.Experts.Prefetch.BigLittlePrefetch
    Boolean NeedsNextRouter { get; }
    String Name { get; }
    Void Dispose()
    Void OnPassEnd()
    Void OnPassStart(ref MoeGen.Experts.Prefetch.PassStart start, MoeGen.Experts.Prefetch.IPredictions predictions)
    Void OnRouted(ref MoeGen.Experts.Prefetch.RoutedLayer routed, MoeGen.Experts.Prefetch.IPredictions predictions)
    new(MoeGen.Experts.ExpertGrid grid, MoeGen.Experts.Prefetch.IPrefetch other = ...)

struct MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapCounters
    Int64 RowsAdded { get; set; }
    Int64 RowsReplaced { get; set; }
    Int64 SearchTicks { get; set; }
    Int64 Searches { get; set; }
    String ToString()
    TimeSpan SearchTime { get; }
    new(Int64 Searches, Int64 SearchTicks, Int64 RowsAdded, Int64 RowsReplaced)

enum MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapMode
    const MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapMode Offline
    const MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapMode Online

class MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapOptions
    Boolean EvictsByProbability { get; set; }
    Boolean ExpectsAllLayersAhead { get; set; }
    Boolean PrefetchesForPrompts { get; set; }
    Boolean UsesDelta { get; set; }
    Boolean UsesPromptTrajectories { get; set; }
    Boolean UsesSemanticSearch { get; set; }
    Boolean UsesTrajectorySearch { get; set; }
    Int32 Capacity { get; set; }
    Int32 ExactSearchLimit { get; set; }
    Int32 PromptRows { get; set; }
    MoeGen.Experts.Eviction.ExpertFrequency Frequency { get; set; }
    MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapMode Mode { get; set; }
    MoeGen.Experts.Prefetch.ExpertMaps.ProbabilityReset ProbabilityReset { get; set; }
    MoeGen.Experts.Prefetch.ExpertMaps.PromptEmbedding PromptEmbedding { get; set; }
    Nullable<Int32> PrefetchDistance { get; set; }
    Nullable<Single> RoutedDecay { get; set; }
    Single MinProbability { get; set; }
    String StorePath { get; set; }
    String ToString()
    const Int32 DefaultCapacity
    const Int32 DefaultExactSearchLimit
    const Int32 DefaultPromptRows
    new()

class MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapPrefetch
    Int32 PrefetchDistance { get; }
    MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapCounters Counters { get; }
    MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapStore Store { get; }
    String Name { get; }
    Void Dispose()
    Void OnPassEnd()
    Void OnPassStart(ref MoeGen.Experts.Prefetch.PassStart start, MoeGen.Experts.Prefetch.IPredictions predictions)
    Void OnRouted(ref MoeGen.Experts.Prefetch.RoutedLayer routed, MoeGen.Experts.Prefetch.IPredictions predictions)
    const Int32 MaxFollowed
    new(MoeGen.Experts.Prefetch.PrefetchSetup setup, MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapOptions options = ...)

class MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapStore
    Int32 Capacity { get; }
    Int32 Count { get; }
    Int64 SizeInBytes { get; }
    Int64 Version { get; }
    MoeGen.Experts.Prefetch.PrefetchSetup Setup { get; }
    Void Dispose()
    Void Save(String path)
    static MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapStore Load(String path, MoeGen.Experts.Prefetch.PrefetchSetup setup, Int32 capacity)

class MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapStoreException
    String File { get; }

enum MoeGen.Experts.Prefetch.ExpertMaps.ProbabilityReset
    const MoeGen.Experts.Prefetch.ExpertMaps.ProbabilityReset EveryPass
    const MoeGen.Experts.Prefetch.ExpertMaps.ProbabilityReset EverySequence
    const MoeGen.Experts.Prefetch.ExpertMaps.ProbabilityReset Never

enum MoeGen.Experts.Prefetch.ExpertMaps.PromptEmbedding
    const MoeGen.Experts.Prefetch.ExpertMaps.PromptEmbedding LastToken
    const MoeGen.Experts.Prefetch.ExpertMaps.PromptEmbedding MeanPool
    const MoeGen.Experts.Prefetch.ExpertMaps.PromptEmbedding PerToken

interface MoeGen.Experts.Prefetch.IPredictions
    abstract Void Expect(Int32 layer, ReadOnlySpan<Single> probabilities)
    abstract Void Prefetch(Int32 layer, Int32 expert, Single probability)

interface MoeGen.Experts.Prefetch.IPrefetch
    Boolean NeedsNextRouter { get; }
    abstract String Name { get; }
    abstract Void OnPassEnd()
    abstract Void OnPassStart(ref MoeGen.Experts.Prefetch.PassStart start, MoeGen.Experts.Prefetch.IPredictions predictions)
    abstract Void OnRouted(ref MoeGen.Experts.Prefetch.RoutedLayer routed, MoeGen.Experts.Prefetch.IPredictions predictions)

class MoeGen.Experts.Prefetch.MoeInfinityPrefetch
    Int32 NumTraces { get; }
    String Name { get; }
    Void Dispose()
    Void OnPassEnd()
    Void OnPassStart(ref MoeGen.Experts.Prefetch.PassStart start, MoeGen.Experts.Prefetch.IPredictions predictions)
    Void OnRouted(ref MoeGen.Experts.Prefetch.RoutedLayer routed, MoeGen.Experts.Prefetch.IPredictions predictions)
    const Int32 DefaultCapacity
    new(MoeGen.Experts.ExpertGrid grid, Int32 capacity = ..., Nullable<Int32> expertsPerLayer = ...)

class MoeGen.Experts.Prefetch.NextRouterPrefetch
    Boolean NeedsNextRouter { get; }
    String Name { get; }
    Void Dispose()
    Void OnPassEnd()
    Void OnPassStart(ref MoeGen.Experts.Prefetch.PassStart start, MoeGen.Experts.Prefetch.IPredictions predictions)
    Void OnRouted(ref MoeGen.Experts.Prefetch.RoutedLayer routed, MoeGen.Experts.Prefetch.IPredictions predictions)
    new(MoeGen.Experts.ExpertGrid grid, Nullable<Int32> expertsPerLayer = ...)

struct MoeGen.Experts.Prefetch.PassStart
    Boolean IsNewSequence { get; }
    Boolean IsRepeat { get; }
    Int32 NumTokens { get; }
    Int64 Pass { get; }
    ReadOnlySpan<Int32> SegmentEnds { get; }
    ReadOnlySpan<Single> Embeddings { get; }
    new(Int64 pass, Boolean isNewSequence, Int32 numTokens, ReadOnlySpan<Single> embeddings, Boolean isRepeat = ..., ReadOnlySpan<Int32> segmentEnds = ...)

class MoeGen.Experts.Prefetch.PrefetchSetup
    Int32 HiddenSize { get; set; }
    Int32 MaxSequences { get; set; }
    MoeGen.Experts.ExpertGrid Grid { get; set; }
    String Fingerprint { get; set; }
    String ToString()
    new(MoeGen.Experts.ExpertGrid Grid, Int32 HiddenSize, String Fingerprint)

struct MoeGen.Experts.Prefetch.RoutedLayer
    Int32 Layer { get; }
    Int32 NumTokens { get; }
    ReadOnlySpan<Int32> Chosen { get; }
    ReadOnlySpan<Single> NextProbabilities { get; }
    ReadOnlySpan<Single> Probabilities { get; }
    new(Int32 layer, Int32 numTokens, ReadOnlySpan<Single> probabilities, ReadOnlySpan<Int32> chosen, ReadOnlySpan<Single> nextProbabilities)

enum MoeGen.Experts.RouterProbabilities
    const MoeGen.Experts.RouterProbabilities Chosen
    const MoeGen.Experts.RouterProbabilities Sigmoid
    const MoeGen.Experts.RouterProbabilities Softmax

class MoeGen.Experts.Routing
    Int32 NumExperts { get; }
    Int32 TopK { get; }
    MoeGen.Kernels.Activations Logits { get; }
    Span<Int32> RouterIds(Int32 token)
    Span<Int32> TopKIds(Int32 token)
    Span<Single> RouterWeights(Int32 token)
    Span<Single> TopKWeights(Int32 token)
    Void Dispose()
    Void GroupByExpert(Int32 numTokens, MoeGen.Engine.Worker worker)

interface MoeGen.Experts.Selection.IResidency
    abstract Boolean IsResident(Int32 layer, Int32 expert)

interface MoeGen.Experts.Selection.ISelection
    ReadOnlySpan<Boolean> TakesTwin(Int32 layer)
    Void Revise(Int32 layer, MoeGen.Experts.Routing routing, Int32 numTokens)
    abstract Boolean OnPassEnd(ref MoeGen.Engine.Segment segment, ReadOnlySpan<Single> logits)
    abstract Int32 NumChosenOf(Int32 token)
    abstract ReadOnlySpan<Boolean> Competing(Int32 layer)
    abstract String Name { get; }
    abstract Void OnPassStart(ref MoeGen.Experts.Selection.SelectionPass start)
    abstract Void OnRouted(ref MoeGen.Experts.Selection.SelectedLayer layer)

class MoeGen.Experts.Selection.MixedPrecision.HobbitOptions
    Boolean AppliesToPrompts { get; set; }
    Boolean SkipsOthers { get; set; }
    Single MaxTwinWeightBefore { get; set; }
    Single MaxWeightBefore { get; set; }
    String ToString()
    new()

class MoeGen.Experts.Selection.MixedPrecision.HobbitSelection
    Boolean OnPassEnd(ref MoeGen.Engine.Segment segment, ReadOnlySpan<Single> logits)
    Int32 NumChosenOf(Int32 token)
    ReadOnlySpan<Boolean> Competing(Int32 layer)
    ReadOnlySpan<Boolean> TakesTwin(Int32 layer)
    String Name { get; }
    Void Dispose()
    Void OnPassStart(ref MoeGen.Experts.Selection.SelectionPass start)
    Void OnRouted(ref MoeGen.Experts.Selection.SelectedLayer layer)
    Void Revise(Int32 layer, MoeGen.Experts.Routing routing, Int32 numTokens)
    new(MoeGen.Experts.Selection.SelectionSetup setup, MoeGen.Experts.Selection.MixedPrecision.HobbitOptions options = ...)

class MoeGen.Experts.Selection.Mobile.BigLittle
    Boolean OnPassEnd(ref MoeGen.Engine.Segment segment, ReadOnlySpan<Single> logits)
    Int32 NumChosenOf(Int32 token)
    MoeGen.Experts.Selection.Mobile.MobileOptions Options { get; set; }
    ReadOnlySpan<Boolean> Competing(Int32 layer)
    String Name { get; }
    Void Dispose()
    Void OnPassStart(ref MoeGen.Experts.Selection.SelectionPass start)
    Void OnRouted(ref MoeGen.Experts.Selection.SelectedLayer layer)
    new(MoeGen.Experts.ExpertGrid grid, MoeGen.Experts.Selection.Mobile.MobileOptions options = ...)
    static Int32 LittleTopK(Int32 topK)

enum MoeGen.Experts.Selection.Mobile.FallbackRule
    const MoeGen.Experts.Selection.Mobile.FallbackRule AlwaysBig
    const MoeGen.Experts.Selection.Mobile.FallbackRule AlwaysLittle
    const MoeGen.Experts.Selection.Mobile.FallbackRule Entropy
    const MoeGen.Experts.Selection.Mobile.FallbackRule FirstTokensBig
    const MoeGen.Experts.Selection.Mobile.FallbackRule Margin
    const MoeGen.Experts.Selection.Mobile.FallbackRule RandomBig
    const MoeGen.Experts.Selection.Mobile.FallbackRule TopProbability

class MoeGen.Experts.Selection.Mobile.MobileCalibration
    Double Agreement { get; set; }
    Double ExactPerplexity { get; set; }
    Double FallbackShare { get; set; }
    Double Perplexity { get; set; }
    Double Tolerance { get; set; }
    Int32 NumTokens { get; set; }
    MoeGen.Experts.Selection.Mobile.FallbackRule Rule { get; set; }
    Single Threshold { get; set; }
    String Fingerprint { get; set; }
    String Path { get; set; }
    String ToString()
    Void Save(String path)
    new()
    static MoeGen.Experts.Selection.Mobile.MobileCalibration Load(String path)

class MoeGen.Experts.Selection.Mobile.MobileCalibrationException
    String File { get; }

class MoeGen.Experts.Selection.Mobile.MobileOptions
    Double RandomShare { get; set; }
    Int32 NumFirstTokens { get; set; }
    Int32 Seed { get; set; }
    MoeGen.Experts.Selection.Mobile.FallbackRule Rule { get; set; }
    MoeGen.Experts.Selection.Mobile.MobileCalibration Calibration { get; set; }
    MoeGen.Offloading Base { get; set; }
    Single Threshold { get; set; }
    String ToString()
    const Int32 DefaultNumFirstTokens
    const Single DefaultThreshold
    new()
    static MoeGen.Experts.Selection.Mobile.MobileOptions Of(MoeGen.Experts.Selection.Mobile.MobileCalibration calibration)

struct MoeGen.Experts.Selection.SelectedLayer
    Int32 Layer { get; }
    Int32 NumTokens { get; }
    MoeGen.Experts.Routing Routing { get; }
    MoeGen.Kernels.Activations Inputs { get; }
    new(Int32 layer, MoeGen.Experts.Routing routing, MoeGen.Kernels.Activations inputs, Int32 numTokens)

struct MoeGen.Experts.Selection.SelectionPass
    Boolean IsDecode { get; }
    Boolean IsNewText { get; }
    Boolean IsRepeat { get; }
    Int32 NumTokens { get; }
    ReadOnlySpan<MoeGen.Engine.Segment> Segments { get; }
    new(ReadOnlySpan<MoeGen.Engine.Segment> segments, Boolean isRepeat = ...)

class MoeGen.Experts.Selection.SelectionSetup
    Action<String> Notice { get; set; }
    MoeGen.Experts.ExpertGrid Grid { get; set; }
    MoeGen.Experts.Selection.IResidency Residency { get; set; }
    String Fingerprint { get; set; }
    String ToString()
    new(MoeGen.Experts.ExpertGrid Grid, String Fingerprint, MoeGen.Experts.Selection.IResidency Residency)

class MoeGen.Experts.Selection.Substitution.BuddyOptions
    Boolean AppliesToPrompts { get; set; }
    MoeGen.Experts.Selection.Substitution.BuddyRanking Ranking { get; set; }
    Single MaxGap { get; set; }
    Single MaxMissingShare { get; set; }
    Single MinEntropy { get; set; }
    String ToString()
    new()

enum MoeGen.Experts.Selection.Substitution.BuddyRanking
    const MoeGen.Experts.Selection.Substitution.BuddyRanking CoActivation
    const MoeGen.Experts.Selection.Substitution.BuddyRanking RouterScore

class MoeGen.Experts.Selection.Substitution.BuddySelection
    Boolean OnPassEnd(ref MoeGen.Engine.Segment segment, ReadOnlySpan<Single> logits)
    Int32 NumChosenOf(Int32 token)
    ReadOnlySpan<Boolean> Competing(Int32 layer)
    String Name { get; }
    Void Dispose()
    Void OnPassStart(ref MoeGen.Experts.Selection.SelectionPass start)
    Void OnRouted(ref MoeGen.Experts.Selection.SelectedLayer layer)
    Void Revise(Int32 layer, MoeGen.Experts.Routing routing, Int32 numTokens)
    new(MoeGen.Experts.Selection.SelectionSetup setup, MoeGen.Experts.Selection.Substitution.BuddyOptions options = ...)

enum MoeGen.Experts.Selection.VirtualExperts.ImportanceScore
    const MoeGen.Experts.Selection.VirtualExperts.ImportanceScore Contribution
    const MoeGen.Experts.Selection.VirtualExperts.ImportanceScore TokenCount

class MoeGen.Experts.Selection.VirtualExperts.SwapOptions
    Boolean IsSynchronous { get; set; }
    Double BandwidthShare { get; set; }
    Double Decay { get; set; }
    Double Hysteresis { get; set; }
    Int32 SpareSlots { get; set; }
    MoeGen.Experts.Selection.VirtualExperts.ImportanceScore Score { get; set; }
    MoeGen.Experts.Selection.VirtualExperts.SwapPlan Plan { get; set; }
    MoeGen.Experts.Selection.VirtualExperts.SwapPrompt Prompt { get; set; }
    MoeGen.Experts.Selection.VirtualExperts.SwapUnit Unit { get; set; }
    Nullable<Int32> UpdateInterval { get; set; }
    String ToString()
    const Double DefaultBandwidthShare
    const Double DefaultDecay
    const Double DefaultHysteresis
    new()

class MoeGen.Experts.Selection.VirtualExperts.SwapPlan
    IReadOnlyList<IReadOnlyList<Int32>> InitialExperts { get; set; }
    IReadOnlyList<IReadOnlyList<Single>> Norms { get; set; }
    IReadOnlyList<Int32> ExpertsPerLayer { get; set; }
    Int32 UpdateInterval { get; set; }
    Int64 BudgetBytes { get; set; }
    Nullable<Double> PredictedAgreement { get; set; }
    Nullable<Double> PredictedTpotMs { get; set; }
    Nullable<Int64> PredictedBytes { get; set; }
    String Fingerprint { get; set; }
    String Path { get; set; }
    String ToString()
    Void Save(String path)
    new()
    static MoeGen.Experts.Selection.VirtualExperts.SwapPlan Load(String path)

class MoeGen.Experts.Selection.VirtualExperts.SwapPlanException
    String File { get; }

enum MoeGen.Experts.Selection.VirtualExperts.SwapPrompt
    const MoeGen.Experts.Selection.VirtualExperts.SwapPrompt Exact
    const MoeGen.Experts.Selection.VirtualExperts.SwapPrompt Masked

enum MoeGen.Experts.Selection.VirtualExperts.SwapUnit
    const MoeGen.Experts.Selection.VirtualExperts.SwapUnit ForwardPass
    const MoeGen.Experts.Selection.VirtualExperts.SwapUnit Request

enum MoeGen.FinishReason
    const MoeGen.FinishReason EndOfText
    const MoeGen.FinishReason Length
    const MoeGen.FinishReason None
    const MoeGen.FinishReason StopString

class MoeGen.InvalidPromptException

struct MoeGen.Kernels.Activations
    Int32 Width { get; }
    MoeGen.Kernels.Activations Columns(Int32 first, Int32 width)
    MoeGen.Kernels.Activations Skip(Int32 rows)
    Span<Single> Item { get; }

static class MoeGen.Kernels.Attention
    static Void Attend<TShape>(MoeGen.Kernels.Activations queries, MoeGen.Engine.KvCache cache, Int32 layer, MoeGen.Kernels.Activations output, Int32 firstPosition, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void Attend<TShape>(MoeGen.Kernels.Activations queries, MoeGen.Engine.KvCache cache, Int32 layer, MoeGen.Kernels.RelativeBias bias, MoeGen.Kernels.Activations output, Int32 firstPosition, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void Attend<TShape>(MoeGen.Kernels.Activations queries, MoeGen.Engine.KvCache cache, Int32 layer, MoeGen.Kernels.WeightVector sinks, MoeGen.Kernels.Activations output, Int32 firstPosition, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void AttendAll<TShape>(MoeGen.Kernels.Activations queries, MoeGen.Engine.KvCache cache, Int32 layer, MoeGen.Kernels.RelativeBias bias, MoeGen.Kernels.Activations output, Int32 numPositions, Int32 numTokens, MoeGen.Engine.Worker worker)

struct MoeGen.Kernels.Bf16
    static MoeGen.Weights.WeightFormat Format { get; }

struct MoeGen.Kernels.ClampedSwiGlu<TLimit>

static class MoeGen.Kernels.Elementwise
    static Void Clamp(MoeGen.Kernels.Activations x, Single limit, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void Multiply(MoeGen.Kernels.Activations x, Single factor, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void Quantize(MoeGen.Kernels.Activations x, Int32 numTokens, MoeGen.Engine.Worker worker)

static class MoeGen.Kernels.Embedding
    static Void Lookup<TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> weight, ReadOnlySpan<Int32> tokens, MoeGen.Kernels.Activations hidden, MoeGen.Engine.Worker worker, Single scale = ...)

struct MoeGen.Kernels.F16
    static MoeGen.Weights.WeightFormat Format { get; }

struct MoeGen.Kernels.F32
    static MoeGen.Weights.WeightFormat Format { get; }

static class MoeGen.Kernels.FeedForward
    static Void AddChosen(MoeGen.Experts.Routing routing, MoeGen.Kernels.Activations down, MoeGen.Kernels.Activations hidden, Int32 numTokens, MoeGen.Engine.Worker worker, Single scale = ..., Boolean scalesInput = ...)
    static Void Down<TExpert, TUp, TDown, TFormat>(MoeGen.Experts.ExpertList<TExpert, TUp, TDown, TFormat> experts, MoeGen.Experts.Routing routing, MoeGen.Kernels.Activations activated, MoeGen.Kernels.Activations down, MoeGen.Engine.Worker worker)
    static Void GateAndUp<TActivation, TExpert, TUp, TDown, TFormat>(TActivation activation, MoeGen.Experts.ExpertList<TExpert, TUp, TDown, TFormat> experts, MoeGen.Experts.Routing routing, MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations gate, MoeGen.Kernels.Activations up, MoeGen.Engine.Worker worker, Boolean scalesInput = ...)
    static Void GateAndUp<TActivation, TUp, TFormat>(TActivation activation, MoeGen.Kernels.Matrix<TUp, TFormat> gateProj, MoeGen.Kernels.Matrix<TUp, TFormat> upProj, MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations gate, MoeGen.Kernels.Activations up, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void ScaleRows(MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations scores, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void Up<TActivation, TExpert, TUp, TDown, TFormat>(TActivation activation, MoeGen.Experts.ExpertList<TExpert, TUp, TDown, TFormat> experts, MoeGen.Experts.Routing routing, MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations up, MoeGen.Engine.Worker worker)
    static Void Up<TActivation, TUp, TFormat>(TActivation activation, MoeGen.Kernels.Matrix<TUp, TFormat> upProj, MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations up, Int32 numTokens, MoeGen.Engine.Worker worker)

struct MoeGen.Kernels.GeGlu

struct MoeGen.Kernels.GeGluTanh

interface MoeGen.Kernels.IAttentionShape
    static Boolean ValuesAreKeys { get; }
    static Int32 ChunkSize { get; }
    static Int32 SlidingWindow { get; }
    static abstract Int32 KeyDim { get; }
    static abstract Int32 NumHeads { get; }
    static abstract Int32 NumKeyValueHeads { get; }
    static abstract Int32 ValueDim { get; }
    static abstract Single Scale { get; }

interface MoeGen.Kernels.IFloatFormat

interface MoeGen.Kernels.IGatedActivation

interface MoeGen.Kernels.ILatentShape
    static abstract Int32 KvLoraRank { get; }
    static abstract Int32 NopeDim { get; }
    static abstract Int32 NumHeads { get; }
    static abstract Int32 RopeDim { get; }
    static abstract Int32 ValueDim { get; }

interface MoeGen.Kernels.IMatrixShape
    static abstract Int32 Columns { get; }
    static abstract Int32 Rows { get; }

interface MoeGen.Kernels.IQuantizedFormat

interface MoeGen.Kernels.ISwiGluLimit
    static abstract Single Limit { get; }

interface MoeGen.Kernels.IWeightFormat
    static abstract MoeGen.Weights.WeightFormat Format { get; }

static class MoeGen.Kernels.LatentAttention
    static Void Absorb<TLatent, TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> kvBProj, MoeGen.Kernels.Activations queries, MoeGen.Kernels.Activations latentQueries, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void Expand<TLatent, TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> kvBProj, MoeGen.Kernels.Activations attended, MoeGen.Kernels.Activations y, Int32 numTokens, MoeGen.Engine.Worker worker)

static class MoeGen.Kernels.LayerNorm
    static Void Normalize(MoeGen.Kernels.Activations x, MoeGen.Kernels.WeightVector weight, MoeGen.Kernels.WeightVector bias, Single epsilon, MoeGen.Kernels.Activations y, Int32 numTokens, MoeGen.Engine.Worker worker)

static class MoeGen.Kernels.MatMul
    static Void Multiply<TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> weight, MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations y, Int32 numTokens, MoeGen.Engine.Worker worker, Single scale = ...)
    static Void Multiply<TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> weight, MoeGen.Kernels.WeightVector bias, MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations y, Int32 numTokens, MoeGen.Engine.Worker worker, Single scale = ...)
    static Void MultiplyAdd<TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> weight, MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations y, Int32 numTokens, MoeGen.Engine.Worker worker, Single scale = ...)
    static Void MultiplyAdd<TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> weight, MoeGen.Kernels.WeightVector bias, MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations y, Int32 numTokens, MoeGen.Engine.Worker worker, Single scale = ...)

struct MoeGen.Kernels.Matrix<TShape, TFormat>
    Void CopyRow(Int32 row, Span<Single> destination)
    static Int64 SizeInBytes { get; }

class MoeGen.Kernels.MissingRopeFactorsException

struct MoeGen.Kernels.Q4
    static MoeGen.Weights.WeightFormat Format { get; }

struct MoeGen.Kernels.Q8
    static MoeGen.Weights.WeightFormat Format { get; }

static class MoeGen.Kernels.QueryTemperature
    static Void Scale(MoeGen.Kernels.Activations queries, Single attentionScale, Single floorScale, Int32 firstPosition, Int32 numTokens, MoeGen.Engine.Worker worker)

struct MoeGen.Kernels.ReGlu

class MoeGen.Kernels.RelativeBias
    static MoeGen.Kernels.RelativeBias Create<TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> weight, Int32 maxDistance, Boolean isBidirectional)

static class MoeGen.Kernels.RmsNorm
    static Void Normalize(MoeGen.Kernels.Activations x, MoeGen.Kernels.WeightVector weight, Single epsilon, MoeGen.Kernels.Activations y, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void NormalizeHeads(MoeGen.Kernels.Activations x, MoeGen.Kernels.WeightVector weight, Single epsilon, Int32 numHeads, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void NormalizeHeads(MoeGen.Kernels.Activations x, Single epsilon, Int32 numHeads, Int32 numTokens, MoeGen.Engine.Worker worker)

class MoeGen.Kernels.Rope
    Int32 RotaryDim { get; }
    Void Prepare(MoeGen.Kernels.Activations rotations, ReadOnlySpan<MoeGen.Engine.Segment> segments, MoeGen.Engine.Worker worker)
    Void Rotate(MoeGen.Kernels.Activations x, MoeGen.Kernels.Activations rotations, Int32 numHeads, Int32 headDim, Int32 firstDim, Int32 numTokens, MoeGen.Engine.Worker worker)
    new(MoeGen.Kernels.RopeFrequencies frequencies, Boolean isInterleaved)

abstract class MoeGen.Kernels.RopeFrequencies
    Int32 RotaryDim { get; }
    static MoeGen.Kernels.RopeFrequencies Default(Int32 rotaryDim, Double theta)
    static MoeGen.Kernels.RopeFrequencies Dynamic(Int32 rotaryDim, Double theta, Double factor, Int32 maxPositions)
    static MoeGen.Kernels.RopeFrequencies Linear(Int32 rotaryDim, Double theta, Double factor)
    static MoeGen.Kernels.RopeFrequencies Llama3(Int32 rotaryDim, Double theta, Double factor, Double lowFrequencyFactor, Double highFrequencyFactor, Int32 originalMaxPositions)
    static MoeGen.Kernels.RopeFrequencies LongRope(Int32 rotaryDim, Double theta, Double[] shortFactors, Double[] longFactors, Int32 originalMaxPositions, Double shortScale, Double longScale)
    static MoeGen.Kernels.RopeFrequencies Yarn(Int32 rotaryDim, Double theta, Double factor, Int32 originalMaxPositions, Double betaFast, Double betaSlow, Double attentionFactor, Boolean truncate)

struct MoeGen.Kernels.SwiGlu

static class MoeGen.Kernels.TopK
    static Void SigmoidThenTopK(MoeGen.Experts.Routing routing, MoeGen.Kernels.WeightVector correctionBias, Int32 numGroups, Int32 topKGroups, Boolean normalize, Single scale, Int32 layer, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void SoftmaxThenGroupTopK(MoeGen.Experts.Routing routing, Int32 numGroups, Int32 topKGroups, Boolean normalize, Single scale, Int32 layer, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void SoftmaxThenTopK(MoeGen.Experts.Routing routing, Boolean normalize, Int32 layer, Int32 numTokens, MoeGen.Engine.Worker worker, Single scale = ...)
    static Void SparseMixer(MoeGen.Experts.Routing routing, Single jitterEpsilon, Int32 layer, Int32 numTokens, MoeGen.Engine.Worker worker)
    static Void TopKThenSigmoid(MoeGen.Experts.Routing routing, Int32 layer, Int32 numTokens, MoeGen.Engine.Worker worker)

struct MoeGen.Kernels.WeightVector
    Int32 Length { get; }
    ReadOnlySpan<Single> Values { get; }

enum MoeGen.KeyValueFormat
    const MoeGen.KeyValueFormat F16
    const MoeGen.KeyValueFormat F32
    const MoeGen.KeyValueFormat Q8

class MoeGen.KeyValueOverflowException

class MoeGen.MemoryBudgetTooSmallException
    Int64 BudgetBytes { get; }
    Int64 RequiredBytes { get; }

class MoeGen.MemoryPlan
    Boolean IsResident { get; }
    Int32 ComfortableSlots { get; set; }
    Int32 FloorSlots { get; set; }
    Int32 MostSlots { get; set; }
    Int32 NumExperts { get; set; }
    Int32 NumSlots { get; set; }
    Int64 ComfortableBytes { get; }
    Int64 DenseBytes { get; set; }
    Int64 ExpertBytes { get; }
    Int64 FloorBytes { get; }
    Int64 KeyValueBytes { get; set; }
    Int64 OffloadingBytes { get; set; }
    Int64 ResidentBytes { get; }
    Int64 SlotBytes { get; set; }
    Int64 TotalBytes { get; }
    Int64 WorkspaceBytes { get; set; }
    MoeGen.MemoryPlan Within(Nullable<MoeGen.ByteSize> budget)
    String ToString()
    static MoeGen.MemoryPlan For(MoeGen.ModelInfo info, MoeGen.MoeOptions options)
    static MoeGen.MemoryPlan Largest(MoeGen.ModelInfo info, MoeGen.MoeOptions options)

class MoeGen.ModelInfo
    Boolean HasRelativePositions { get; set; }
    IReadOnlyList<Int32> EosTokenIds { get; set; }
    IReadOnlyList<Int32> SparseLayers { get; set; }
    IReadOnlyList<Int32> WindowLayers { get; set; }
    Int32 HiddenSize { get; set; }
    Int32 KeyDim { get; set; }
    Int32 MaxPositions { get; set; }
    Int32 NumEncoderLayers { get; set; }
    Int32 NumExperts { get; set; }
    Int32 NumKeyValueHeads { get; set; }
    Int32 NumLayers { get; set; }
    Int32 TopK { get; set; }
    Int32 ValueDim { get; set; }
    Int32 VocabSize { get; set; }
    Int64 ActiveParameters { get; set; }
    Int64 DenseBytes { get; set; }
    Int64 DenseBytesPerStep { get; set; }
    Int64 ExpertBytes { get; set; }
    Int64 KeyValueBytesPerToken { get; }
    Int64 TotalParameters { get; set; }
    Int64 WorkspaceBytesPerToken { get; set; }
    MoeGen.Experts.RouterProbabilities RouterProbabilities { get; set; }
    MoeGen.Weights.WeightFormat WeightFormat { get; set; }
    Nullable<Int32> AttentionWindow { get; set; }
    Nullable<Int32> BosTokenId { get; set; }
    Nullable<Int32> DecoderStartTokenId { get; set; }
    Nullable<Int32> ExpertCapacity { get; set; }
    Nullable<Int32> RopeSwitchLength { get; set; }
    Nullable<MoeGen.Weights.Fp8Block> Fp8Block { get; set; }
    String Fingerprint { get; set; }
    String ModelType { get; set; }
    String Name { get; set; }
    String ToString()
    new()

abstract class MoeGen.MoeGenException
    new(String message, Exception innerException = ...)

abstract class MoeGen.MoeModel
    Boolean HasTokenizer { get; }
    Boolean HasTwins { get; }
    IAsyncEnumerable<String> GenerateAsync(String prompt, MoeGen.SamplingOptions options = ..., CancellationToken cancellationToken = ...)
    IReadOnlyList<Int32> EosTokenIds { get; }
    Int32 ContextLength { get; }
    Int32 Threads { get; }
    MoeGen.Engine.Sequence CreateSequence()
    MoeGen.Experts.OffloadingStatistics Statistics { get; }
    MoeGen.KeyValueFormat KeyValueFormat { get; }
    MoeGen.MemoryPlan MemoryPlan { get; }
    MoeGen.ModelInfo Info { get; }
    MoeGen.TextGeneration Generate(ReadOnlySpan<Int32> tokens, MoeGen.SamplingOptions options = ...)
    MoeGen.TextGeneration Generate(String prompt, MoeGen.SamplingOptions options = ...)
    MoeGen.Tokenizers.Tokenizer Tokenizer { get; }
    Nullable<MoeGen.ByteSize> MemoryBudget { get; set; }
    String DeviceName { get; }
    Void Dispose()
    new(String folder, MoeGen.ModelInfo info, MoeGen.Weights.WeightStore weights, MoeGen.MoeOptions options)
    protected Void Encode(MoeGen.Engine.ForwardPass pass, MoeGen.Engine.Worker worker)
    protected abstract MoeGen.Engine.ForwardPass CreatePass(Int32 maxTokens, Int32 maxLogits)
    protected abstract Void Forward(MoeGen.Engine.ForwardPass pass, MoeGen.Engine.Worker worker)
    protected static TModel Load<TModel>(String folder, MoeGen.ModelInfo info, IReadOnlyList<MoeGen.Weights.TensorDeclaration> tensors, MoeGen.MoeOptions options, Func<MoeGen.Weights.WeightStore, MoeGen.MoeOptions, TModel> create, CancellationToken cancellationToken, MoeGen.Engine.DeviceHalf half = ...)

class MoeGen.MoeOptions
    Action<String> Notice { get; set; }
    Boolean PinThreads { get; set; }
    IProgress<MoeGen.Weights.LoadProgress> Progress { get; set; }
    Int32 MaxBatch { get; set; }
    Int32 PrefillChunk { get; set; }
    MoeGen.Device Device { get; set; }
    MoeGen.KeyValueFormat KeyValueFormat { get; set; }
    MoeGen.Offloading Offloading { get; set; }
    Nullable<Int32> ContextLength { get; set; }
    Nullable<Int32> Threads { get; set; }
    Nullable<MoeGen.ByteSize> HostMemoryBudget { get; set; }
    Nullable<MoeGen.ByteSize> MemoryBudget { get; set; }
    String ToString()
    const Int32 DefaultContextLength
    const Int32 DefaultMaxBatch
    const Int32 DefaultPrefillChunk
    new()

class MoeGen.NonFiniteValueException

class MoeGen.Offloading
    Boolean IsExact { get; set; }
    Boolean NeedsAllExperts { get; set; }
    Boolean UsesTwins { get; set; }
    Func<MoeGen.Experts.ExpertGrid, Int64> SelectionSizeInBytes { get; set; }
    Func<MoeGen.Experts.ExpertGrid, MoeGen.Experts.Eviction.IEviction> CreateEviction { get; set; }
    Func<MoeGen.Experts.Prefetch.PrefetchSetup, Int64> PrefetchSizeInBytes { get; set; }
    Func<MoeGen.Experts.Prefetch.PrefetchSetup, MoeGen.Experts.Prefetch.IPrefetch> CreatePrefetch { get; set; }
    Func<MoeGen.Experts.Selection.SelectionSetup, MoeGen.Experts.Selection.ISelection> CreateSelection { get; set; }
    Nullable<Double> ExpectedAgreement { get; set; }
    String Name { get; set; }
    String ToString()
    new()
    static Boolean TryParse(String name, ref MoeGen.Offloading offloading)
    static IReadOnlyList<String> ExactNames { get; }
    static IReadOnlyList<String> LossyNames { get; }
    static IReadOnlyList<String> Names { get; }
    static MoeGen.Offloading Buddy(MoeGen.Experts.Selection.Substitution.BuddyOptions options = ..., MoeGen.Offloading exact = ...)
    static MoeGen.Offloading FineMoE(MoeGen.Experts.Prefetch.ExpertMaps.ExpertMapOptions options = ...)
    static MoeGen.Offloading Hobbit(MoeGen.Experts.Selection.MixedPrecision.HobbitOptions options = ..., MoeGen.Offloading exact = ...)
    static MoeGen.Offloading LeastStale()
    static MoeGen.Offloading Lfu()
    static MoeGen.Offloading LfuOfSequence(MoeGen.Experts.Selection.VirtualExperts.SwapPlan quotas = ...)
    static MoeGen.Offloading Lru()
    static MoeGen.Offloading LruPerLayer()
    static MoeGen.Offloading MoBiLE(MoeGen.Experts.Selection.Mobile.MobileOptions options = ...)
    static MoeGen.Offloading MoeInfinity()
    static MoeGen.Offloading NextLayerRouter()
    static MoeGen.Offloading NormPruning()
    static MoeGen.Offloading OnDemand()
    static MoeGen.Offloading Parse(String text)
    static MoeGen.Offloading Resident()
    static MoeGen.Offloading SwapMoE(MoeGen.Experts.Selection.VirtualExperts.SwapOptions options = ...)

class MoeGen.Planning.AutoCandidate
    Double TpotMs { get; set; }
    Nullable<Double> Agreement { get; set; }
    String Name { get; set; }
    String ToString()
    new(String Name, Double TpotMs, Nullable<Double> Agreement)

class MoeGen.Planning.AutoChoice
    IReadOnlyList<MoeGen.Planning.AutoCandidate> Candidates { get; set; }
    MoeGen.Offloading Offloading { get; set; }
    String Explanation { get; set; }
    String ToString()
    new(MoeGen.Offloading Offloading, String Explanation, IReadOnlyList<MoeGen.Planning.AutoCandidate> Candidates)

static class MoeGen.Planning.AutoOffloading
    static MoeGen.Planning.AutoChoice Choose(Func<MoeGen.MoeOptions, MoeGen.MoeModel> load, MoeGen.MoeOptions options, MoeGen.Planning.AutoOptions auto = ..., CancellationToken cancellationToken = ...)

class MoeGen.Planning.AutoOptions
    Action<String> Progress { get; set; }
    IReadOnlyList<Int32[]> Prompts { get; set; }
    Int32 Seed { get; set; }
    Int32 Sequences { get; set; }
    Int32 Tokens { get; set; }
    Nullable<Double> Tolerance { get; set; }
    String ToString()
    const Int32 DefaultSequences
    const Int32 DefaultTokens
    new()

class MoeGen.SamplingOptions
    Boolean IgnoreEos { get; set; }
    IReadOnlyList<String> StopStrings { get; set; }
    Int32 TopK { get; set; }
    Nullable<Int32> MaxTokens { get; set; }
    Nullable<Int32> Seed { get; set; }
    Single FrequencyPenalty { get; set; }
    Single MinP { get; set; }
    Single PresencePenalty { get; set; }
    Single RepetitionPenalty { get; set; }
    Single Temperature { get; set; }
    Single TopP { get; set; }
    String ToString()
    new()
    static MoeGen.SamplingOptions Greedy { get; }

class MoeGen.Templates.ChatMessage
    String Content { get; set; }
    String Role { get; set; }
    String ToString()
    new(String Role, String Content)

class MoeGen.Templates.ChatTemplate
    String Render(IEnumerable<MoeGen.Templates.ChatMessage> messages, Boolean addGenerationPrompt = ...)
    String Render(JsonObject variables)
    static MoeGen.Templates.ChatTemplate Load(String folder, TimeProvider clock = ...)
    static MoeGen.Templates.ChatTemplate Parse(String text, String name, TimeProvider clock = ...)

class MoeGen.Templates.ChatTemplateException
    new(String message, Exception innerException = ...)

class MoeGen.Templates.ChatTemplateRaisedException
    new(String message)

class MoeGen.Templates.ChatTemplateRenderException
    new(String message, Exception innerException = ...)

class MoeGen.TextGeneration
    Boolean MoveNext(CancellationToken cancellationToken = ...)
    Int32 GeneratedLength { get; }
    Int32 ProcessedLength { get; }
    Int32 PromptLength { get; }
    Int32 TextLength { get; }
    Int32 Token { get; }
    MoeGen.FinishReason FinishReason { get; }
    ReadOnlySpan<Byte> Text { get; }
    String GetText()
    TimeSpan DecodeTime { get; }
    TimeSpan TimeToFirstToken { get; }
    Void Dispose()

class MoeGen.Tokenizers.StreamingDetokenizer
    ReadOnlySpan<Byte> Append(Int32 token)
    ReadOnlySpan<Byte> Flush()
    new(MoeGen.Tokenizers.Tokenizer tokenizer, Boolean skipSpecialTokens = ...)

class MoeGen.Tokenizers.Tokenizer
    Boolean Contains(Int32 id)
    Boolean IsSpecial(Int32 id)
    Boolean TryGetId(String token, ref Int32 id)
    Int32 VocabularySize { get; }
    Int32[] Encode(String text, Boolean addSpecialTokens = ...)
    ReadOnlySpan<Byte> GetBytes(Int32 id)
    String Decode(ReadOnlySpan<Int32> ids, Boolean skipSpecialTokens = ...)
    static MoeGen.Tokenizers.Tokenizer Load(String folder)

class MoeGen.Tokenizers.TokenizerFormatException
    new(String message, Exception innerException = ...)

class MoeGen.Tokenizers.UnknownTokenException
    Int32 Id { get; }

class MoeGen.Weights.CheckpointException
    String File { get; }
    new(String file, String fault, Exception innerException = ...)

struct MoeGen.Weights.Fp8Block
    Int32 Columns { get; set; }
    Int32 Rows { get; set; }
    String ToString()
    new(Int32 Rows, Int32 Columns)

struct MoeGen.Weights.LoadProgress
    Int64 BytesLoaded { get; set; }
    Int64 BytesTotal { get; set; }
    String ToString()
    new(Int64 BytesLoaded, Int64 BytesTotal)

class MoeGen.Weights.ShapeMismatchException
    String Tensor { get; }

class MoeGen.Weights.TensorDeclaration
    IReadOnlyList<Int32> Layers { get; }
    IReadOnlyList<Int32> Shape { get; }
    Int64 SizeInBytes { get; }
    MoeGen.Weights.TensorDeclaration FromFused(String tensor, Int32 rows, Int32 firstRow = ..., Int32 rowStep = ..., Boolean isTransposed = ...)
    MoeGen.Weights.TensorDeclaration FromStack(Int32 count, Int32 rows, Int32 firstRow = ..., Int32 rowStep = ..., Boolean isTransposed = ...)
    MoeGen.Weights.TensorDeclaration In(IReadOnlyList<Int32> layers)
    MoeGen.Weights.TensorDeclaration InExperts(IReadOnlyList<Int32> layers, Int64 offset, Int32 firstLayer = ...)
    MoeGen.Weights.WeightFormat Format { get; }
    Nullable<Int64> ExpertOffset { get; }
    String Name { get; }
    String ToString()
    static MoeGen.Weights.TensorDeclaration Matrix<TShape, TFormat>(String name)
    static MoeGen.Weights.TensorDeclaration Vector(String name, Int32 length)

enum MoeGen.Weights.WeightFormat
    const MoeGen.Weights.WeightFormat BF16
    const MoeGen.Weights.WeightFormat F16
    const MoeGen.Weights.WeightFormat F32
    const MoeGen.Weights.WeightFormat Q4
    const MoeGen.Weights.WeightFormat Q8

static class MoeGen.Weights.WeightFormats
    static Boolean IsQuantized(MoeGen.Weights.WeightFormat format)
    static Int32 BytesPerElement(MoeGen.Weights.WeightFormat format)

class MoeGen.Weights.WeightNotFoundException
    String Tensor { get; }

class MoeGen.Weights.WeightStore
    MoeGen.Experts.ExpertList<TExpert, TUp, TDown, TFormat> Experts<TExpert, TUp, TDown, TFormat>(Int32 layer)
    MoeGen.Kernels.Matrix<TShape, TFormat> Matrix<TShape, TFormat>(String name, Int32 layer = ...)
    MoeGen.Kernels.WeightVector Vector(String name, Int32 length, Int32 layer = ...)
    Void AddRouter<TShape, TFormat>(MoeGen.Kernels.Matrix<TShape, TFormat> router, Int32 layer)
    Void Dispose()
    static MoeGen.Weights.WeightStore Load(String folder, MoeGen.ModelInfo info, IReadOnlyList<MoeGen.Weights.TensorDeclaration> declarations, MoeGen.MoeOptions options, CancellationToken cancellationToken)

